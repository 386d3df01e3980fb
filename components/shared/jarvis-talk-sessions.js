// The conversations there are: find, open, pin, rename, delete, take away.

import { jarvis } from 'jarvis';
import { saysOf } from 'jarvis-asking';
import { el, setAttr, setText } from 'jarvis-dom';
import { ago, count } from 'jarvis-format';
import { usd } from 'jarvis-talk-foot';

const FIND_MS = 180;
const STEP = 60;

export class Sessions {
  /** hooks: list(text, most), open(id), make(), ask(name, args): a promise of the answer; current(): id. */
  constructor(hooks) {
    this.hooks = hooks;
    this.asking = null; // the line that asks for a name, or whether it is meant
    this.wanted = {};
    this.search = el('input', { type: 'search', class: 'field', maxlength: '200', placeholder: 'Find words', 'aria-label': 'Find conversations', autocomplete: 'off', spellcheck: 'false' });
    this.lines = el('ul', { class: 'talk-sessions-list', 'aria-label': 'Conversations' });
    this.most = STEP;
    this.further = el('button', { type: 'button', class: 'btn quiet talk-further', text: 'Show more', hidden: true, onclick: () => this.showMore() });
    this.none = el('p', { class: 'panel-says', role: 'status' });
    this.root = el('div', { class: 'talk-sessions', hidden: true, role: 'dialog', 'aria-label': 'Conversations' },
      el('div', { class: 'talk-sessions-head' }, this.search, el('button', { type: 'button', class: 'btn', text: 'New', onclick: () => this.leave(() => hooks.make()) }),
        el('button', { type: 'button', class: 'btn quiet', text: 'Close', onclick: () => this.show(false) })),
      this.none, this.lines, this.further);
    this.search.addEventListener('input', () => {
      this.asking = null;
      this.most = STEP;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.list(), FIND_MS);
    });
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      if (this.asking) this.again();
      else this.show(false);
    });
  }

  get shown() {
    return !this.root.hidden;
  }

  show(shown) {
    if (shown === this.shown) return;
    setAttr(this.root, 'hidden', !shown);
    if (shown) {
      this.most = STEP;
      this.refused = '';
      this.before = document.activeElement;
      this.again();
      this.search.focus();
    } else this.before?.focus?.({ preventScroll: true });
  }

  leave(then) {
    this.show(false);
    then();
  }

  list() {
    this.wanted = { text: this.search.value.trim(), most: this.most };
    this.hooks.list(this.wanted.text, this.wanted.most);
  }

  /** Ask for the list anew, whatever a line was asking. */
  again() {
    this.asking = null;
    this.list();
  }

  /** The same when something has changed elsewhere, unless a line is being answered: its end asks for another. */
  renew() {
    if (this.shown && !this.asking) this.list();
  }

  showMore() {
    this.most += STEP;
    this.again();
  }

  /** Do what a line asks for, and tell why where that is refused; another line may ask something by then. */
  async act(name, args, line = null) {
    const answer = await this.hooks.ask(name, args);
    this.refused = answer.ok ? '' : saysOf(answer);
    if (this.asking === null || this.asking === line) this.again();
    else setText(this.none, this.refused);
    return answer;
  }

  /** A list for what is no longer sought is passed over, and so is one that comes while a line is being answered:
   *  the answer's end asks for another. */
  take({ rows, more, text, most }) {
    if (this.asking || text !== this.wanted.text || most !== this.wanted.most) return;
    const now = jarvis.now();
    const none = this.search.value ? 'No conversation has these words.' : 'Nothing has been said yet.';
    setText(this.none, this.refused || (rows.length ? '' : none));
    setAttr(this.further, 'hidden', !more);
    const chosen = document.activeElement;
    const held = this.lines.contains(chosen) ? [chosen.closest('li').dataset.id, chosen.dataset.does] : null;
    const { scrollTop } = this.lines;
    this.lines.replaceChildren(...rows.map((row) => this.line(row, now)));
    this.lines.scrollTop = scrollTop;
    if (held) this.lines.querySelector(`[data-id="${CSS.escape(held[0])}"] [data-does="${held[1]}"]`)?.focus();
    if (held && !this.lines.contains(document.activeElement)) this.search.focus();
  }

  line(row, now) {
    const title = el('b', { text: row.title });
    const open = el('button', { type: 'button', class: 'talk-session', 'data-does': 'open', onclick: () => this.leave(() => this.hooks.open(row.id)) },
      el('span', { class: 'arc', 'aria-hidden': 'true', text: row.pinned ? '◆' : '' }), title,
      el('span', { class: 'faint', text: `${count(row.count, 'message')} · ${ago(row.last, now)}${row.cost ? ` · ${usd(row.cost)}` : ''}` }));
    const act = (label, fn) => el('button', { type: 'button', class: 'talk-act', text: label, 'data-does': label.replace(/^un/, ''), 'aria-label': `${label}: ${row.title}`, onclick: fn });
    const acts = el('span', { class: 'talk-acts' },
      act(row.pinned ? 'unpin' : 'pin', () => this.act('talk-pin', { id: row.id, pinned: !row.pinned })),
      act('rename', () => this.rename(row, item)),
      act('delete', () => this.remove(row, item)),
      el('a', { class: 'talk-act', href: `/talk/${encodeURIComponent(row.id)}.md`, text: 'md', 'aria-label': `Markdown: ${row.title}` }),
      el('a', { class: 'talk-act', href: `/talk/${encodeURIComponent(row.id)}.json`, text: 'json', 'aria-label': `JSON: ${row.title}` }));
    const item = el('li', { 'data-id': row.id, 'aria-current': row.id === this.hooks.current() ? 'true' : null }, open, acts);
    return item;
  }

  rename(row, item) {
    this.asking = item;
    const field = el('input', { class: 'field', type: 'text', maxlength: '120', value: row.title, 'aria-label': 'Title', 'data-does': 'rename' });
    const form = el('form', { class: 'talk-rename' }, field, el('button', { type: 'submit', class: 'btn', text: 'Rename', 'data-does': 'rename' }), el('button', { type: 'button', class: 'btn quiet', text: 'Back', 'data-does': 'rename', onclick: () => this.again() }));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.act('talk-rename', { id: row.id, title: field.value }, item);
    });
    item.replaceChildren(form);
    field.select();
  }

  remove(row, item) {
    this.asking = item;
    const keep = el('button', { type: 'button', class: 'btn quiet', text: 'Keep it', 'data-does': 'delete', onclick: () => this.again() });
    item.replaceChildren(el('span', { class: 'warn', text: `Delete “${row.title}” with its ${count(row.count, 'message')}?` }), el('span', { class: 'talk-acts' },
      el('button', { type: 'button', class: 'btn danger', text: 'Delete it', 'data-does': 'delete', onclick: async ({ currentTarget: button }) => {
        if (button.ariaDisabled) return;
        setAttr(button, 'aria-disabled', 'true');
        const answer = await this.act('talk-delete', { id: row.id }, item);
        if (answer.ok && row.id === this.hooks.current()) this.hooks.make();
      } }), keep));
    keep.focus();
  }
}
