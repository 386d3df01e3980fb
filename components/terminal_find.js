// The row in which text of a terminal is sought, what has scrolled away included.

import { el, setAttr, setText } from 'jarvis-dom';
import { step } from 'terminal_search';

/** Build the row into host, hidden; screen() is the one that is seen. Hands back {open(), close()}. */
export function makeFind(host, screen) {
  let before = null;
  const field = el('input', {
    class: 'field term-find-field', type: 'search', 'aria-label': 'Find in the terminal', placeholder: 'Find', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off',
  });
  const told = el('span', { class: 'term-found num', role: 'status' });
  const look = (how) => {
    const shown = screen();
    if (!shown || !field.value) {
      setText(told, '');
      return;
    }
    const { index, count } = step(shown.terminal, field.value, how);
    setText(told, count ? `${index} of ${count >= 1000 ? '1000 or more' : count}` : 'not found');
    setAttr(told, 'class', `term-found num ${count ? '' : 'warn'}`);
  };
  const button = (text, label, fn) => el('button', { class: 'tab', type: 'button', text, 'aria-label': label, title: label, onclick: fn });
  const root = el('div', { class: 'term-find', role: 'search', hidden: true }, field, told,
    button('↑', 'Find the one before', () => look({ older: true })),
    button('↓', 'Find the next one', () => look({ older: false })),
    button('×', 'Close the search', () => close()));
  field.addEventListener('input', () => look({ older: true, stay: true }));
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target === field) look({ older: !event.shiftKey });
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  host.append(root);

  function close() {
    if (root.hidden) return;
    root.hidden = true;
    const shown = screen();
    shown?.fit();
    shown?.focus();
    if (!shown?.root.contains(document.activeElement)) before?.focus(); // a screen that is not shown takes none
  }

  function open() {
    if (root.hidden) before = document.activeElement;
    root.hidden = false;
    const selected = screen()?.terminal.getSelection() ?? '';
    if (selected && !selected.includes('\n')) field.value = selected;
    field.focus();
    field.select();
    if (field.value) look({ older: true, stay: true });
  }

  return { root, open, close };
}
