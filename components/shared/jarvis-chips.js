// Names of guests and nodes in prose, as chips that open their drawer. Many names are everyday words (home, git,
// media), so a bare word is none: it takes a number beside it, or emphasis or code around exactly the name.

import { jarvis } from 'jarvis';
import { el } from 'jarvis-dom';

const NUMBERED = /\b([A-Za-z][\w.-]*) \((\d{3,9})\)|\b(?:guest|VM|CT|vmid|container|vm\/|ct\/)\s?(\d{3,9})\b/gi;

function chip(kind, id, text) {
  return el('button', { type: 'button', class: 'chip-link', text, title: `Open ${kind} ${id}`, onclick: () => jarvis.action('open', { kind, id: String(id) }) });
}

const guest = (vmid) => jarvis.panel('guests').rows.get(String(vmid));

/** Text as nodes: plain text, and chips where a guest is named beyond doubt. */
export function withChips(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(NUMBERED)) {
    const vmid = found[2] ?? found[3];
    const row = guest(vmid);
    if (!row || (found[1] && row.name && found[1].toLowerCase() !== row.name.toLowerCase())) continue;
    nodes.push(text.slice(from, found.index), chip('guest', vmid, found[0]));
    from = found.index + found[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== '');
}

/** A chip for text that is exactly the name of a node or guest, such as one in code or in bold; else null. */
export function chipFor(text) {
  const name = text.trim();
  if (jarvis.panel('nodes').rows.has(name)) return chip('node', name, text);
  for (const row of jarvis.panel('guests').rows.values()) {
    if (row.name === name || `${row.name} (${row.vmid})` === name) return chip('guest', row.vmid, text);
  }
  return null;
}

/** The same for what a person wrote, where a name between backticks is one too; the backticks stay. */
export function withChipsInCode(text) {
  return text.split(/(`[^`\n]+`)/).flatMap((part, index) => {
    const found = index % 2 ? chipFor(part.slice(1, -1)) : null;
    return found ? ['`', found, '`'] : withChips(part);
  });
}
