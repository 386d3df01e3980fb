// Copying: by the browser's clipboard, and where the page is served without TLS and has none, the old way.

import { announce, el, setText } from 'jarvis-dom';

const TOLD_MS = 1600;

/** Copy text; tells whether that was allowed. */
export async function copy(text) {
  if (!text) return false;
  if (navigator.clipboard?.writeText) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed: the old way may still be.
    }
  }
  const before = document.activeElement;
  const field = el('textarea', { class: 'unseen', readonly: true, 'aria-hidden': 'true' });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  before?.focus({ preventScroll: true });
  return done;
}

/** Copy text, and say on the button that asked for it whether it was. */
export async function copyBy(button, text) {
  const label = (button.dataset.label ??= button.textContent);
  const told = (await copy(text)) ? 'copied' : 'not allowed';
  setText(button, told);
  announce(told);
  setTimeout(() => setText(button, label), TOLD_MS);
}
