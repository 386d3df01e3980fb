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
    this.rows = [];
    this.search = el('input', { type: 'search', class: 'field', placeholder: 'Find words', 'aria-label': 'Find conversations', autocomplete: 'off', spellcheck: 'false' });
    this.list = el('ul', { class: 'talk-sessions-list', 'aria-label': 'Conversations' });
    this.none = el('p', { class: 'panel-says', role: 'status' });
    this.root = el('div', { class: 'talk-sessions', hidden: true, role: 'dialog', 'aria-label': 'Conversations' },
      el('div', { class: 'talk-sessions-head' }, this.search, el('button', { type: 'button', class: 'btn', text: 'New', onclick: () => this.leave(() => hooks.make()) }),
        el('button', { type: 'button', class: 'btn quiet', text: 'Close', onclick: () => this.show(false) })),
      this.none, this.list);
    this.search.addEventListener('input', () => {
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
      this.hooks.list(this.search.value.trim());
      this.search.focus();
    } else this.before?.focus?.({ preventScroll: true });
  }

  leave(then) {
    this.show(false);
    then();
  }

  take(rows) {
    this.rows = rows;
    const now = jarvis.now();
    setText(this.none, rows.length ? '' : this.search.value ? 'No conversation has these words.' : 'Nothing has been said yet.');
    this.list.replaceChildren(...rows.map((row) => this.line(row, now)));
  }

  line(row, now) {
    const title = el('b', { text: row.title });
    const open = el('button', { type: 'button', class: 'talk-session', onclick: () => this.leave(() => this.hooks.open(row.id)) },
      el('span', { class: 'arc', 'aria-hidden': 'true', text: row.pinned ? '◆' : '' }), title,
      el('span', { class: 'faint', text: `${count(row.count, 'message')} · ${ago(row.last, now)}${row.cost ? ` · ${usd(row.cost)}` : ''}` }));
    const again = () => this.hooks.list(this.search.value.trim());
    const act = (label, fn) => el('button', { type: 'button', class: 'talk-act', text: label, 'aria-label': `${label}: ${row.title}`, onclick: fn });
    const acts = el('span', { class: 'talk-acts' },
      act(row.pinned ? 'unpin' : 'pin', async () => {
        await this.hooks.ask('talk-pin', { id: row.id, pinned: !row.pinned });
        again();
      }),
      act('rename', () => this.rename(row, item, again)),
      act('delete', () => this.remove(row, item, again)),
      el('a', { class: 'talk-act', href: `/talk/${encodeURIComponent(row.id)}.md`, text: 'md', 'aria-label': `Markdown: ${row.title}` }),
      el('a', { class: 'talk-act', href: `/talk/${encodeURIComponent(row.id)}.json`, text: 'json', 'aria-label': `JSON: ${row.title}` }));
    const item = el('li', { 'aria-current': row.id === this.hooks.current() ? 'true' : null }, open, acts);
    return item;
  }

  rename(row, item, again) {
    const field = el('input', { class: 'field', type: 'text', maxlength: '120', value: row.title, 'aria-label': 'Title' });
    const form = el('form', { class: 'talk-rename' }, field, el('button', { type: 'submit', class: 'btn', text: 'Rename' }), el('button', { type: 'button', class: 'btn quiet', text: 'Back', onclick: again }));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      await this.hooks.ask('talk-rename', { id: row.id, title: field.value });
      again();
    });
    item.replaceChildren(form);
    field.select();
  }

  remove(row, item, again) {
    item.replaceChildren(el('span', { class: 'warn', text: `Delete “${row.title}” with its ${count(row.count, 'message')}?` }), el('span', { class: 'talk-acts' },
      el('button', { type: 'button', class: 'btn danger', text: 'Delete it', onclick: async () => {
        await this.hooks.ask('talk-delete', { id: row.id });
        if (row.id === this.hooks.current()) this.hooks.make();
        again();
      } }), el('button', { type: 'button', class: 'btn quiet', text: 'Keep it', onclick: again })));
  }
}
