// The card of one question to a person: the exact call, why it is asked, what it would do, and two buttons.

import { jarvis } from 'jarvis';
import { ask, NOT_SENT, saysOf } from 'jarvis-asking';
import { el, keepFocusNear, setAttr, setText } from 'jarvis-dom';
import { ago } from 'jarvis-format';

const RUNS_MS = 330_000;
const SOON_S = 60;
const ASKS = { pending: 'needs your word', approved: 'has your word' };

/** 252 -> '4:12' */
export function countdown(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

const shortened = (text) => (text.length > 180 ? `${text.slice(0, 178)}…` : text);

/** The call as one line: the tool, then its arguments. */
function callLine(row) {
  return [el('b', { text: row.tool }), ...row.args.map(([name, value]) => el('span', { text: `${name}=${value}` }))];
}

/** A card for a row of the gate panel; hands back {root, draw(row), tick(), destroy()}. */
export function makeCard(first) {
  let row = first;
  let busy = false;
  const gone = new AbortController();
  const title = el('h3', { class: 'approval-title' });
  const call = el('p', { class: 'approval-call' }, ...callLine(row));
  const asked = el('p', { class: 'approval-asked' });
  const why = el('p', { class: 'approval-asked' }, `Why ${row.tier.toLowerCase()}: `, el('b', { text: row.why }));
  const blast = el('dl', { class: 'approval-blast' }, ...row.blast.flatMap(([label, value]) => [el('dt', { text: label }), el('dd', { text: value })]));
  const proceed = el('button', { type: 'button', class: 'btn go', text: 'Proceed', onclick: () => decide('proceed') });
  const refuse = el('button', { type: 'button', class: 'btn danger', text: 'Refuse', 'aria-expanded': 'false', onclick: () => openReason() });
  const reason = el('input', { class: 'field', type: 'text', maxlength: '200', 'aria-label': 'Why it is refused', placeholder: 'Why not (may stay empty)' });
  const sure = el('button', { type: 'button', class: 'btn danger', text: 'Refuse it', onclick: () => decide('refuse') });
  const back = el('button', { type: 'button', class: 'btn quiet', text: 'Back', onclick: () => closeReason() });
  const reasoning = el('form', { class: 'approval-reason', hidden: true }, reason, sure, back);
  const lapses = el('p', { class: 'approval-lapses' });
  const says = el('p', { class: 'approval-says', role: 'status' });
  const buttons = el('div', { class: 'approval-buttons' }, proceed, refuse);
  const root = el('section', { class: 'approval', 'data-tier': row.tier, tabindex: '-1' },
    title, call, asked, why, blast, buttons, lapses, reasoning, says);
  root.dataset.key = row.id;
  reasoning.addEventListener('submit', (event) => {
    event.preventDefault();
    decide('refuse');
  });
  root.addEventListener('keydown', (event) => {
    const presses = event.key === 'Enter' || (event.key === ' ' && event.target !== reason);
    if (event.repeat && presses) event.preventDefault(); // held since before the question came, it is no answer
    if (event.key === 'Escape' && !reasoning.hidden) {
      event.stopPropagation();
      closeReason();
    }
  });

  function openReason() {
    setAttr(reasoning, 'hidden', false);
    setAttr(buttons, 'hidden', true);
    setAttr(refuse, 'aria-expanded', 'true');
    reason.focus();
    reasoning.scrollIntoView({ block: 'nearest' });
  }

  function closeReason() {
    setAttr(reasoning, 'hidden', true);
    setAttr(buttons, 'hidden', false);
    setAttr(refuse, 'aria-expanded', 'false');
    refuse.focus();
  }

  async function decide(what) {
    if (busy) return;
    busy = true;
    lock(true);
    const sent = what === 'proceed' ? 'Sent, following it to its end…' : 'Refusing…';
    setText(says, sent);
    const waits = (still) => setText(says, still ? NOT_SENT : sent);
    const answer = await ask(what, { id: row.id, because: reason.value.trim() }, RUNS_MS, { waits, signal: gone.signal });
    busy = false;
    setText(says, answer.ok ? '' : saysOf(answer));
    lock(row.state !== 'pending');
  }

  function lock(locked) {
    // A button that is disabled loses the focus; the card keeps it, so that an answer is heard and Tab goes on from here.
    if (locked && root.contains(document.activeElement)) root.focus({ preventScroll: true });
    for (const button of [proceed, refuse, sure, back, reason]) button.disabled = locked;
  }

  function draw(next) {
    row = next;
    const asks = ASKS[row.state] ?? 'is over';
    setText(title, `${row.tier === 'BLACK' ? 'Black' : 'Red'} · ${asks}`);
    setAttr(root, 'aria-label', `${row.tool} ${asks}`);
    if (!busy) lock(row.state !== 'pending');
    if (row.state === 'approved' && !busy) setText(says, 'Approved: it runs, and is followed to its end…');
    tick();
  }

  function tick() {
    const now = jarvis.now();
    setText(asked, `Asked by ${row.asker}, ${ago(row.asked, now)}${row.reason ? `: “${shortened(row.reason)}”` : ''}`);
    const left = row.expires - now;
    setText(lapses, row.state === 'pending' ? `lapses in ${countdown(left)} · this call, these arguments, once` : '');
    setAttr(lapses, 'data-soon', left < SOON_S ? 'true' : null);
  }

  function destroy() {
    gone.abort();
    const around = root.contains(document.activeElement) ? root.parentElement : null;
    root.remove();
    if (around) keepFocusNear(around);
  }

  draw(row);
  return { root, draw, tick, focus: () => root.focus(), destroy };
}
