// The frame every panel has, and its five states, drawn one way: loading, empty, ok, stale, failed.

import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { ago, clock, span } from 'jarvis-format';

let serial = 0;

/** What a panel's meta means at this moment: ok turns stale by age, with no word of the server. */
export function stateOf(meta, now = jarvis.now()) {
  const state = meta.state ?? 'loading';
  if (state !== 'ok' || !meta.as_of || !meta.stale_after) return state;
  return now - meta.as_of > meta.stale_after ? 'stale' : 'ok';
}

/** The text with an end: one that ends by itself gets no second. */
export function sentence(text) {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** Text with `commands` between backticks as nodes; the rest stays text. */
export function told(text) {
  return text.split('`').map((part, i) => (i % 2 ? el('code', { text: part }) : part));
}

/** Whether the reactor tells why at length already: what ails the whole house is not said five times. */
function isToldWhole(panel, { because }) {
  return panel !== 'reactor' && Boolean(because) && because === jarvis.panel('reactor').meta.because;
}

function retry(meta, now) {
  if (!meta.retry_at) return '';
  const left = Math.round(meta.retry_at - now);
  return left > 0 ? ` Trying again in ${span(left)}.` : ' Trying again now.';
}

/** Build a panel into host.
 *  options: {panel, title, empty, draw(change), also: [other panels], skeleton: rows,
 *            note(meta): text at the right of the head while all is well}
 *  Hands back {root, head, body, says, state, refresh(), destroy()}; draw is skipped while hidden. */
export function makePanel(host, options) {
  const id = `panel-${options.panel}-${(serial += 1)}`;
  const title = el('h2', { id, text: options.title });
  const note = el('span', { class: 'note' });
  const head = el('header', { class: 'panel-h' }, title, el('span', { class: 'rule' }), note);
  const body = el('div', { class: 'panel-body' });
  const says = el('div', { class: 'panel-says' });
  const root = el(
    'section',
    { class: `panel panel-${options.panel}`, 'aria-labelledby': id, 'data-state': 'loading' },
    head, body, says,
  );
  host.append(root);
  const offs = [];
  let owed = null;
  let shown = '';

  const self = { root, head, body, says, note, state: 'loading', refresh, destroy };

  function meta() {
    return jarvis.panel(options.panel).meta;
  }

  // Asked of the observer, not of the element: reading a size after writing costs a layout.
  let visible = root.getClientRects().length > 0;

  function say(key, ...parts) {
    if (shown === key) return;
    shown = key;
    says.replaceChildren(...parts);
    setAttr(says, 'title', null);
  }

  function frame() {
    const now = jarvis.now();
    const known = meta();
    self.state = stateOf(known, now);
    setAttr(root, 'data-state', self.state);
    setAttr(root, 'aria-busy', self.state === 'loading' ? 'true' : null);
    const plain = options.note?.(known) ?? '';
    if (self.state === 'loading') {
      setText(note, jarvis.connection === 'up' ? 'asking Proxmox…' : 'connecting…');
      const bars = Array.from({ length: options.skeleton ?? 3 }, (_, i) =>
        el('i', { style: `width:${[100, 80, 62, 88][i % 4]}%` }));
      say('loading', el('div', { class: 'skeleton' }, ...bars), el('span', { class: 'unseen', text: 'Loading.' }));
    } else if (self.state === 'empty') {
      setText(note, plain);
      const text = known.because ?? options.empty ?? 'Nothing here.';
      say(`empty ${text}`, text);
    } else if (self.state === 'failed') {
      setText(note, 'failed');
      const why = sentence(known.because ?? 'It could not be read');
      const later = retry(known, now);
      say(`failed ${why}${known.remedy}${later}`, el('b', { text: why }),
        ...told(`${known.remedy ? ` ${sentence(known.remedy)}` : ''}${later}`));
    } else if (self.state === 'stale') {
      setText(note, `as of ${clock(known.as_of)}, ${ago(known.as_of, now)}`);
      const why = known.because
        ? sentence(known.because)
        : `No news for ${span(now - known.as_of)}.`;
      const whole = `${why}${known.remedy ? ` ${sentence(known.remedy)}` : ''}${retry(known, now)}`;
      const text = isToldWhole(options.panel, known) ? `${sentence(known.brief ?? known.because)}${retry(known, now)}` : whole;
      say(`stale ${text}`, ...told(text));
      setAttr(says, 'title', whole);
    } else {
      setText(note, plain);
      say('ok');
    }
  }

  function refresh(change = jarvis.everything) {
    frame();
    if (!visible) {
      owed = jarvis.everything;
      return;
    }
    if (owed) change = owed;
    owed = null;
    if (self.state === 'ok' || self.state === 'stale') options.draw?.(change, self);
  }

  function destroy() {
    offs.forEach((off) => off());
    observer.disconnect();
    root.remove();
  }

  const observer = new ResizeObserver(([seen]) => {
    visible = seen.contentRect.width > 0;
    if (owed && visible) refresh();
  });
  observer.observe(root);
  for (const name of [options.panel, ...(options.also ?? [])]) offs.push(jarvis.on(name, refresh));
  offs.push(jarvis.on('second', frame));
  offs.push(jarvis.on('connection', () => frame()));
  refresh();
  return self;
}
