// What helps those who come by the keyboard or listen: how to leave a terminal, and lines that can be read aloud.

import { el, setAttr } from 'jarvis-dom';

const KEPT = 'jarvis-terminal-aloud';
const SHOWN_MS = 6_000;
const CAME_WITHIN_MS = 500;
const HINTS = 'Ctrl Alt and an arrow key leaves the terminal, and so does F6 while no full-screen programme runs. '
  + 'Ctrl Shift C copies, Ctrl Shift V pastes, Ctrl Shift F finds, Ctrl + and Ctrl − change the size of the text.';

/** Build the hint into stage and the switch into body; switched(aloud) hears of it. Hands back {id, aloud, destroy()}. */
export function makeHelp(stage, body, { id, recall, keep, switched }) {
  const self = { id: `${id}-hints`, aloud: recall(KEPT) === 'yes', destroy };
  const hint = el('p', { class: 'unseen', id: self.id, text: HINTS });
  stage.append(hint);

  // xterm keeps its lines as text that a screen reader finds only where it is asked to: it costs.
  const reader = el('button', { class: 'btn term-reader', type: 'button', text: 'For screen readers', 'aria-pressed': String(self.aloud) });
  reader.addEventListener('click', () => {
    self.aloud = !self.aloud;
    keep(KEPT, self.aloud ? 'yes' : 'no');
    setAttr(reader, 'aria-pressed', String(self.aloud));
    switched(self.aloud);
  });
  body.prepend(reader);

  let cameAt = -Infinity;
  let hiding;
  const tabbed = ({ key }) => {
    if (key === 'Tab') cameAt = performance.now();
  };
  document.addEventListener('keydown', tabbed, true);
  stage.addEventListener('focusin', ({ target }) => {
    if (target.tagName !== 'TEXTAREA' || performance.now() - cameAt > CAME_WITHIN_MS) return;
    hint.className = 'term-hint';
    clearTimeout(hiding);
    hiding = setTimeout(() => (hint.className = 'unseen'), SHOWN_MS);
  });

  function destroy() {
    document.removeEventListener('keydown', tabbed, true);
    clearTimeout(hiding);
  }

  return self;
}
