// The keys a phone does not have, in a row below the terminal.

import { el, setAttr } from 'jarvis-dom';

const ARROWS = [['←', 'D', 'Left'], ['↑', 'A', 'Up'], ['↓', 'B', 'Down'], ['→', 'C', 'Right']];
const SIGNS = [['|', 'Pipe'], ['/', 'Slash'], ['-', 'Minus'], ['~', 'Tilde']];

/** Build the row into host; screen() is the one that is seen. Hands back {root, refresh()}. */
export function makeKeys(host, screen) {
  // A key that took the focus would close the phone's keyboard.
  const key = (text, name, press) => el('button', {
    class: 'term-key', type: 'button', text, 'aria-label': name === text ? null : name, tabindex: '-1',
    onpointerdown: (event) => event.preventDefault(),
    onclick: () => {
      const shown = screen();
      if (shown) press(shown);
    },
  });
  const ctrl = key('Ctrl', 'Ctrl', (shown) => {
    shown.stick();
    shown.focus();
  });
  const paste = navigator.clipboard?.readText
    ? key('Paste', 'Paste', async (shown) => {
      try {
        await shown.paste(await navigator.clipboard.readText());
      } catch {
        shown.focus();
      }
    })
    : null;
  const root = el('div', { class: 'term-keys', role: 'toolbar', 'aria-label': 'Keys' },
    key('Esc', 'Escape', (shown) => shown.type('\x1b')),
    key('Tab', 'Tab', (shown) => shown.type('\t')),
    ctrl,
    ...ARROWS.map(([text, letter, name]) => key(text, name, (shown) => shown.arrow(letter))),
    ...SIGNS.map(([text, name]) => key(text, name, (shown) => shown.type(text))),
    paste);
  host.append(root);
  return {
    root,
    refresh() {
      setAttr(ctrl, 'aria-pressed', screen()?.sticky ? 'true' : 'false');
    },
  };
}
