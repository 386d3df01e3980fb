// The menu behind +: every node and running guest a terminal can be opened on, found by a few letters.

import { jarvis } from 'jarvis';
import { el, setAttr } from 'jarvis-dom';
import { openable } from 'terminal_tabs';

const SHOWN = 40;

/** Build the button into host; choose({node, guest}) opens a terminal. Hands back what ends it. */
export function makeMenu(host, choose) {
  const button = el('button', { class: 'tab term-plus', type: 'button', text: '+', 'aria-label': 'Open a terminal on…', title: 'Open a terminal on…', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' });
  const field = el('input', { class: 'field', type: 'search', placeholder: 'Node or guest', 'aria-label': 'Find a node or guest', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  const list = el('ul', { class: 'term-menu-list' });
  const none = el('p', { class: 'dim', role: 'status' });
  const box = el('div', { class: 'term-menu', role: 'dialog', 'aria-label': 'Open a terminal', hidden: true }, field, list, none);
  host.append(el('div', { class: 'holder' }, button, box));

  function show(open) {
    if (box.hidden === !open) return;
    box.hidden = !open;
    setAttr(button, 'aria-expanded', open ? 'true' : 'false');
    if (!open) return;
    field.value = '';
    draw();
    field.focus();
  }

  function draw() {
    const wanted = field.value.trim().toLowerCase();
    const all = openable(jarvis.rows('nodes'), [...jarvis.panel('guests').rows.values()]);
    const found = all.filter(({ label, hint }) => `${label} ${hint}`.toLowerCase().includes(wanted));
    list.replaceChildren(...found.slice(0, SHOWN).map((place) =>
      el('li', {}, el('button', { type: 'button', onclick: () => pick(place) },
        el('span', { text: place.label }), el('span', { class: 'faint', text: place.hint })))));
    none.textContent = found.length ? (found.length > SHOWN ? `${found.length - SHOWN} more; type to find them` : '') : 'Nothing of that name runs.';
  }

  function pick(place) {
    show(false);
    button.focus();
    choose(place);
  }

  function key(event) {
    const stops = [field, ...list.querySelectorAll('button')];
    const at = stops.indexOf(document.activeElement);
    if (event.key === 'Escape') {
      show(false);
      button.focus();
    } else if (event.key === 'ArrowDown') stops[Math.min(at + 1, stops.length - 1)].focus();
    else if (event.key === 'ArrowUp') stops[Math.max(at - 1, 0)].focus();
    else if (event.key === 'Enter' && document.activeElement === field) stops[1]?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const outside = (event) => {
    if (!box.hidden && !box.contains(event.target) && !button.contains(event.target)) show(false);
  };
  button.addEventListener('click', () => show(box.hidden));
  field.addEventListener('input', draw);
  box.addEventListener('keydown', key);
  box.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener('pointerdown', outside);
  return () => document.removeEventListener('pointerdown', outside);
}
