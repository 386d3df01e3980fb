// The conversations there are: find, open, pin, rename, delete, take away.

import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { ago, count } from 'jarvis-format';
import { usd } from 'jarvis-talk-message';

const FIND_MS = 180;

export class Sessions {
  /** hooks: list(text), open(id), make(), ask(name, args): a promise of the answer; current(): id. */
  constructor(hooks) {
    this.hooks = hooks;
    this.asking = false; // a line asks for a name, or whether it is meant
    this.search = el('input', { type: 'search', class: 'field', placeholder: 'Find words', 'aria-label': 'Find conversations', autocomplete: 'off', spellcheck: 'false' });
    this.list = el('ul', { class: 'talk-sessions-list', 'aria-label': 'Conversations' });
    this.none = el('p', { class: 'panel-says', role: 'status' });
    this.root = el('div', { class: 'talk-sessions', hidden: true, role: 'dialog', 'aria-label': 'Conversations' },
      el('div', { class: 'talk-sessions-head' }, this.search, el('button', { type: 'button', class: 'btn', text: 'New', onclick: () => this.leave(() => hooks.make()) }),
        el('button', { type: 'button', class: 'btn quiet', text: 'Close', onclick: () => this.show(false) })),
      this.none, this.list);
    this.search.addEventListener('input', () => {
      this.asking = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => hooks.list(this.search.value.trim()), FIND_MS);
    });
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.show(false);
    });
  }

  get shown() {
    return !this.root.hidden;
  }

  show(shown) {
    if (shown === this.shown) return;
    setAttr(this.root, 'hidden', !shown);
    if (shown) {
      this.before = document.activeElement;
      this.again();
      this.search.focus();
    } else this.before?.focus?.({ preventScroll: true });
  }

  leave(then) {
    this.show(false);
    then();
  }

  /** Ask for the list anew, whatever a line was asking. */
  again() {
    this.asking = false;
    this.hooks.list(this.search.value.trim());
  }

  /** One that comes while a line is being answered is passed over: the answer's end asks for another. */
  take(rows) {
    if (this.asking) return;
    const now = jarvis.now();
    setText(this.none, rows.length ? '' : this.search.value ? 'No conversation has these words.' : 'Nothing has been said yet.');
    this.list.replaceChildren(...rows.map((row) => this.line(row, now)));
  }

  line(row, now) {
    const title = el('b', { text: row.title });
    const open = el('button', { type: 'button', class: 'talk-session', onclick: () => this.leave(() => this.hooks.open(row.id)) },
      el('span', { class: 'arc', 'aria-hidden': 'true', text: row.pinned ? '◆' : '' }), title,
      el('span', { class: 'faint', text: `${count(row.count, 'message')} · ${ago(row.last, now)}${row.cost ? ` · ${usd(row.cost)}` : ''}` }));
    const act = (label, fn) => el('button', { type: 'button', class: 'talk-act', text: label, 'aria-label': `${label}: ${row.title}`, onclick: fn });
    const acts = el('span', { class: 'talk-acts' },
      act(row.pinned ? 'unpin' : 'pin', async () => {
        await this.hooks.ask('talk-pin', { id: row.id, pinned: !row.pinned });
        this.again();
      }),
      act('rename', () => this.rename(row, item)),
      act('delete', () => this.remove(row, item)),
      el('a', { class: 'talk-act', href: `/talk/${encodeURIComponent(row.id)}.md`, text: 'md', 'aria-label': `Markdown: ${row.title}` }),
      el('a', { class: 'talk-act', href: `/talk/${encodeURIComponent(row.id)}.json`, text: 'json', 'aria-label': `JSON: ${row.title}` }));
    const item = el('li', { 'aria-current': row.id === this.hooks.current() ? 'true' : null }, open, acts);
    return item;
  }

  rename(row, item) {
    this.asking = true;
    const field = el('input', { class: 'field', type: 'text', maxlength: '120', value: row.title, 'aria-label': 'Title' });
    const form = el('form', { class: 'talk-rename' }, field, el('button', { type: 'submit', class: 'btn', text: 'Rename' }), el('button', { type: 'button', class: 'btn quiet', text: 'Back', onclick: () => this.again() }));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      await this.hooks.ask('talk-rename', { id: row.id, title: field.value });
      this.again();
    });
    item.replaceChildren(form);
    field.select();
  }

  remove(row, item) {
    this.asking = true;
    item.replaceChildren(el('span', { class: 'warn', text: `Delete “${row.title}” with its ${count(row.count, 'message')}?` }), el('span', { class: 'talk-acts' },
      el('button', { type: 'button', class: 'btn danger', text: 'Delete it', onclick: async () => {
        await this.hooks.ask('talk-delete', { id: row.id });
        if (row.id === this.hooks.current()) this.hooks.make();
        this.again();
      } }), el('button', { type: 'button', class: 'btn quiet', text: 'Keep it', onclick: () => this.again() })));
  }
}
