// What is copied and pasted. Pasted lines would run on a node as root, so they are shown before they are typed.

import { el } from 'jarvis-dom';

export { copy } from 'jarvis-copy';

const SHOWN_LINES = 8;
const SHOWN_CHARS = 160;
// All that is no text: it could end a bracketed paste, or press keys of its own.
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** The text as it may be typed: {text, lines, removed}. */
export function cleaned(raw) {
  const text = raw.replace(/\r\n?/g, '\n').replace(CONTROLS, '');
  const removed = raw.replace(/\r\n?/g, '\n').length - text.length;
  return { text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), removed };
}

/** Ask before lines are pasted; resolves to whether to paste them. */
export function askToPaste({ text, lines, removed }, { where, bracketed }) {
  const shown = text.split('\n').slice(0, SHOWN_LINES).map((line) => (line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}…` : line));
  const more = lines - Math.min(lines, SHOWN_LINES);
  const what = lines === 1 ? '1 line' : `${lines} lines`;
  const consequence = bracketed
    ? `What runs on ${where} holds them until you press Enter.`
    : `Each one runs on ${where} as it arrives.`;
  return new Promise((resolve) => {
    const paste = el('button', { class: 'btn danger', type: 'button', text: `Paste ${what}` });
    const leave = el('button', { class: 'btn', type: 'button', text: 'Leave it' });
    const dialog = el('dialog', { class: 'term-dialog', 'aria-labelledby': 'term-paste-title' },
      el('h2', { id: 'term-paste-title', text: `${what} to paste` }),
      el('p', { text: consequence + (removed ? ` ${removed === 1 ? '1 control character was' : `${removed} control characters were`} taken out.` : '') }),
      el('pre', { class: 'term-paste', tabindex: '0', 'aria-label': 'What would be pasted' }, shown.join('\n')),
      more > 0 ? el('p', { class: 'dim', text: `and ${more} more` }) : null,
      el('div', { class: 'term-dialog-foot' }, leave, paste));
    let answer = false;
    paste.addEventListener('click', () => {
      answer = true;
      dialog.close();
    });
    leave.addEventListener('click', () => dialog.close());
    dialog.addEventListener('keydown', (event) => event.stopPropagation());
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    leave.focus();
  });
}
