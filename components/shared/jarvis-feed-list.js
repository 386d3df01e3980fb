// The rows of the activity feed: days between them, times or ages, and one stop of the Tab key that the arrows move.

import { jarvis } from 'jarvis';
import { el, setText } from 'jarvis-dom';
import { briefAge, clock, dayName, dayOf, stamp } from 'jarvis-format';
import { told } from 'jarvis-panel';

// One sign, one word and one colour a severity, gravest first.
export const SEVERITIES = {
  alarm: { sign: '!', word: 'Alarm', tone: 'alert' },
  warning: { sign: '△', word: 'Attention', tone: 'warn' },
  good: { sign: '✓', word: 'Well', tone: 'ok' },
  info: { sign: '▸', word: 'Note', tone: 'arc' },
};

export class FeedList {
  /** open(id) is called with the event whose row was pressed. */
  constructor(open) {
    this.ages = false; // how long ago, instead of the time
    this.current = null;
    this.stop = null;
    this.root = el('ol', { class: 'feed-list', 'aria-label': 'Events, newest first' });
    const rowOf = (event) => event.target.closest('.feed-row');
    this.root.addEventListener('keydown', (event) => this.key(event));
    this.root.addEventListener('click', (event) => rowOf(event) && open(rowOf(event).parentElement.dataset.id));
    this.root.addEventListener('focusin', (event) => this.focused(rowOf(event)));
  }

  /** Keep the list to these rows, newest first; the first `fresh` of them have just come. */
  draw(rows, fresh = 0) {
    const kept = new Map([...this.root.children].map((child) => [child.dataset.key, child]));
    const now = jarvis.now();
    const wanted = [];
    let day = dayOf(now);
    rows.forEach((row, index) => {
      if (dayOf(row.at) !== day) {
        day = dayOf(row.at);
        const key = `day ${day}`;
        const item = kept.get(key) ?? this.makeDay(key);
        setText(item.firstElementChild, dayName(row.at, now));
        wanted.push(item);
      }
      const item = kept.get(String(row.id)) ?? this.makeRow(row);
      if (item.dataset.acked !== String(row.acked ?? '')) this.fillRow(item, row);
      item.classList.toggle('fresh', index < fresh);
      wanted.push(item);
    });
    const stay = new Set(wanted);
    for (const child of kept.values()) if (!stay.has(child)) child.remove();
    wanted.forEach((item, index) => {
      if (this.root.children[index] !== item) this.root.insertBefore(item, this.root.children[index] ?? null);
    });
    if (this.ages) this.drawTimes();
    this.rove();
  }

  makeDay(key) {
    return el('li', { class: 'feed-day', 'data-key': key }, el('span'));
  }

  makeRow(row) {
    const item = el('li', { 'data-key': row.id, 'data-id': row.id, 'data-at': row.at },
      el('button', { type: 'button', tabindex: '-1', 'data-severity': row.severity }));
    this.fillRow(item, row);
    return item;
  }

  /** The button stays: the keyboard may be on it, or mean to come back to it. */
  fillRow(item, row) {
    const { sign, word, tone } = SEVERITIES[row.severity] ?? SEVERITIES.info;
    const button = item.firstElementChild;
    item.dataset.acked = row.acked ?? '';
    button.className = row.acked ? 'feed-row acked' : 'feed-row';
    button.replaceChildren(
      el('time', { title: stamp(row.at), text: this.ages ? briefAge(row.at, jarvis.now()) : clock(row.at) }),
      el('span', { class: `feed-sign ${row.acked ? 'faint' : tone}`, 'aria-hidden': 'true', text: sign }),
      el('span', { class: 'unseen', text: `${word}: ` }),
      el('span', { class: 'feed-text' }, ...told(row.text),
        ...(row.acked ? [el('span', { class: 'feed-acked', text: ` · acknowledged by ${row.acked_by}` })] : [])));
  }

  drawTimes() {
    const now = jarvis.now();
    for (const item of this.root.children) {
      if (!item.dataset.at) continue;
      const at = Number(item.dataset.at);
      const time = item.firstElementChild.firstElementChild;
      setText(time, this.ages ? briefAge(at, now) : clock(at));
    }
  }

  rove() {
    const kept = this.current && this.root.querySelector(`[data-id="${this.current}"] .feed-row`);
    const stop = kept ?? this.root.querySelector('.feed-row');
    if (this.stop !== stop) this.stop?.setAttribute('tabindex', '-1');
    this.stop = stop;
    stop?.setAttribute('tabindex', '0');
  }

  focused(row) {
    if (!row) return;
    this.current = row.parentElement.dataset.id;
    this.rove();
  }

  key(event) {
    const rows = [...this.root.querySelectorAll('.feed-row')];
    const at = rows.indexOf(event.target.closest('.feed-row'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
  }
}
