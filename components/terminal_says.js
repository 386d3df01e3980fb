// What is said where there is no living screen: nothing is open, a word is awaited, it has ended, a node is away.

import { el } from 'jarvis-dom';
import { hourMinute } from 'jarvis-format';
import { placeTold } from 'terminal_tabs';

function sentence(text) {
  const told = text ? text[0].toUpperCase() + text.slice(1) : '';
  return /[.!?…]$/.test(told) ? told : `${told}.`;
}

function downSince(node) {
  return node.since ? `${node.name} is down since ${hourMinute(node.since)}.` : `${node.name} is down.`;
}

function saidOf(refusal) {
  return [sentence(refusal.because), refusal.remedy ? sentence(refusal.remedy) : null];
}

function sayOfNone(refusal, nodes) {
  const said = refusal ? saidOf(refusal).filter(Boolean) : [];
  const none = nodes
    ? ['No terminal is open.', 'The + above opens one on a node or a guest.']
    : ['No node is known yet. Terminals open on nodes and their guests.'];
  return { key: 'none', lines: [...said, ...none], acts: [] };
}

/** What to say of a tab: {key, lines, acts: [[label, name, args, class]], bar} or null while its screen lives.
 *  `woken` are the nodes that were asked to wake, `nodes` how many there are; a bar leaves the screen in sight. */
export function sayOf(tab, node, screen, woken, refusal, nodes) {
  if (!tab) return sayOfNone(refusal, nodes);
  const row = tab.terminal;
  const where = placeTold(tab);
  const down = node?.state === 'down';
  const wake = down && !woken.has(tab.node) ? [[`Wake ${tab.node}`, 'wake-node', { node: tab.node }, 'btn']] : [];
  const asleep = woken.has(tab.node) && down ? [`${tab.node} was called; it answers within a few minutes, if it can.`] : [];
  if (!row) {
    const said = refusal && refusal.node === tab.node ? saidOf(refusal) : [];
    if (down) return { key: `down ${woken.has(tab.node)}`, lines: [downSince(node), ...asleep], acts: wake, tone: 'alert' };
    return {
      key: `closed ${said.join()}`, lines: [...said, `No terminal is open on ${where}.`].filter(Boolean),
      acts: [[`Open ${where}`, 'open-terminal', { node: tab.node, guest: tab.guest }, 'btn go']],
    };
  }
  if (row.state === 'waiting') {
    return {
      key: 'waiting', lines: [sentence(row.because ?? 'It waits for your word')], tone: 'warn',
      acts: [['Show the question', 'show-approval', { id: row.approval }, 'btn'], ['Withdraw it', 'close-terminal', { id: row.id }, 'btn quiet']],
    };
  }
  if (row.state === 'connecting') return { key: 'connecting', lines: [`Connecting to ${where}…`], acts: [], busy: true };
  if (row.state === 'ended') {
    const because = sentence(row.because ?? 'It has ended');
    return {
      key: `ended ${because} ${down} ${woken.has(tab.node)}`, lines: [because, ...(down && row.opened ? [downSince(node)] : []), ...asleep],
      tone: row.away || down ? 'alert' : 'dim', bar: Boolean(row.opened),
      acts: [...(down ? wake : [[`Reopen ${where}`, 'reopen', { id: row.id }, 'btn go']]), ['Close', 'close-terminal', { id: row.id }, 'btn quiet']],
    };
  }
  if (screen?.link === 'lost') {
    return {
      key: 'lost', bar: true, tone: 'warn', acts: [],
      lines: ['This page is cut off from Jarvis and tries again. The terminal goes on for 2 min; what is typed meanwhile is not sent.'],
    };
  }
  return null;
}

/** Build the place for it into host. Hands back show(said), which draws only what differs; a bar makes the screens
 *  above it that much lower, of which resized() hears. */
export function makeSays(host, act, resized) {
  const root = el('div', { class: 'term-says', role: 'status', tabindex: '-1', hidden: true });
  host.append(root);
  let shown = null;
  let taken = 0;

  function take(height) {
    if (height === taken) return;
    taken = height;
    host.style.setProperty('--term-taken', `${height}px`);
    resized();
  }

  return (said) => {
    root.hidden = said === null;
    if (said === null) {
      shown = null;
      take(0);
      return;
    }
    const key = JSON.stringify([said.key, said.lines, said.acts]);
    if (key === shown) return;
    shown = key;
    root.className = `term-says${said.bar ? ' term-bar' : ''}`;
    const held = root.contains(document.activeElement);
    root.replaceChildren(
      el('div', { class: 'term-said' }, ...said.lines.map((line, i) => el('p', { class: i === 0 ? said.tone ?? null : 'dim', text: line }))),
      said.busy ? el('i', { class: 'term-busy', 'aria-hidden': 'true' }) : '',
      said.acts.length
        ? el('div', { class: 'term-acts' }, ...said.acts.map(([label, name, args, kind]) =>
          el('button', { class: kind, type: 'button', text: label, onclick: () => act(name, args) })))
        : '');
    if (held) (root.querySelector('button') ?? root).focus();
    take(said.bar ? root.offsetHeight : 0);
  };
}
