// The activity feed: what happened, newest first. It holds what it was told and draws a window of it.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { count, dayOf } from 'jarvis-format';
import { Events } from 'jarvis-events';
import { FeedList, SEVERITIES } from 'jarvis-feed-list';
import { makePanel } from 'jarvis-panel';

const WINDOW = 160;
const STEP = 60;
const NEAR_PX = 240;
const questionOf = ({ before_id: before, severities, node }) => JSON.stringify([before, severities, node]);

export class Feed {
  constructor(host) {
    this.events = new Events();
    this.first = 0;
    this.unread = 0;
    this.asked = null;
    this.ended = false;
    this.list = new FeedList((id) => jarvis.action('open', { kind: 'event', id }));
    this.list.ages = localStorage.getItem('jarvis.feed.ages') === 'yes';
    this.panel = makePanel(host, {
      panel: 'feed', title: 'Activity', skeleton: 5,
      empty: 'Nothing has happened since Jarvis began to watch.',
      note: () => (this.filtered ? `${this.events.list.length} shown` : ''),
      draw: (change) => this.take(change),
    });
    this.build();
    this.offs = [
      jarvis.on('tell:older', (answer) => this.takeOlder(answer)),
      jarvis.on('tell:event', (row) => this.mark([row])),
      jarvis.on('nodes', (change) => jarvis.touches(change, ['key']) && this.drawNodes()),
      jarvis.on('second', () => this.tick()),
      jarvis.on('connection', () => (this.asked = null)),
    ];
    // Kept, because reading them after other panels have been written to would cost a layout.
    this.top = 0;
    this.height = 0;
    this.tall = 0;
    this.sizes = new ResizeObserver((changed) => this.measured(changed));
    this.sizes.observe(this.scroll);
    this.sizes.observe(this.list.root);
    this.drawNodes();
    this.panel.refresh();
  }

  get filtered() {
    return this.events.severities.size > 0 || this.events.node !== '';
  }

  build() {
    this.filters = Object.entries(SEVERITIES).map(([key, { sign, word, tone }]) =>
      el('button', {
        class: 'feed-filter', type: 'button', 'aria-pressed': 'false', 'data-severity': key, title: word,
        onclick: () => this.toggle(key),
      }, el('span', { class: tone, 'aria-hidden': 'true', text: sign }), el('span', { text: word })));
    this.nodes = el('select', {
      class: 'field feed-node', 'aria-label': 'Node', onchange: () => this.chooseNode(),
    }, el('option', { value: '', text: 'all nodes' }));
    this.clockwise = el('button', {
      class: 'feed-filter feed-clock', type: 'button', 'aria-pressed': String(this.list.ages),
      title: 'Show how long ago instead of the time', text: 'Ages', onclick: () => this.toggleAges(),
    });
    this.bar = el('div', { class: 'feed-bar', role: 'group', 'aria-label': 'Which events' },
      ...this.filters, el('span', { class: 'spacer' }), this.nodes, this.clockwise);
    this.foot = el('div', { class: 'feed-foot' });
    this.scroll = el('div', { class: 'feed-scroll', onscroll: () => this.scrolled() }, this.list.root, this.foot);
    this.news = el('button', {
      class: 'feed-news', type: 'button', hidden: true, onclick: () => this.toTop(),
    });
    this.panel.body.append(this.bar, el('div', { class: 'feed-frame' }, this.scroll, this.news));
  }

  take({ keys, reset }) {
    const { rows } = jarvis.panel('feed');
    const known = this.events.held.size > 0;
    if (reset || !known) {
      // A gap between what is held and what came would be invisible: start from what came.
      const newest = Math.max(...this.events.held.keys());
      const joins = [...rows.values()].some((row) => row.id <= newest);
      const fresh = known ? [...rows.values()].filter((row) => row.id > newest) : [];
      if (known && joins && !this.filtered) this.events.take(rows.values());
      else this.restart();
      this.draw(fresh.length);
      return;
    }
    const changed = [...keys].map((key) => rows.get(key)).filter(Boolean);
    const fresh = changed.filter((row) => !this.events.held.has(row.id));
    this.mark(changed.filter((row) => !fresh.includes(row)));
    if (!fresh.length) return;
    this.events.take(fresh);
    this.draw(fresh.filter((row) => this.events.admits(row)).length);
  }

  /** Somebody has taken note of events: those that are held are drawn anew where they stand. */
  mark(rows) {
    const known = rows.filter(({ id }) => this.events.held.has(id));
    if (!known.length) return;
    this.events.take(known);
    this.list.draw(this.events.list.slice(this.first, this.first + WINDOW));
  }

  measured(changed) {
    for (const { target, contentRect } of changed) {
      if (target === this.scroll) this.height = contentRect.height;
      else this.tall = contentRect.height;
    }
    this.fillUp();
  }

  get seen() {
    return this.height > 0;
  }

  /** Ask for older events until there is something to scroll. */
  fillUp() {
    const short = this.seen && this.tall <= this.height + NEAR_PX;
    if (short && this.first + WINDOW >= this.events.list.length) this.askOlder();
  }

  scrollTo(top) {
    this.scroll.scrollTop = top;
    this.top = top;
  }

  restart() {
    this.events.reset(jarvis.panel('feed').rows.values());
    this.first = 0;
    this.ended = false;
    this.asked = null;
    this.unread = 0;
    this.scrollTo(0);
  }

  /** Draw the window; `added` rows came in at the top since it was drawn last. */
  draw(added = 0) {
    const { list } = this.events;
    const atTop = this.first === 0 && this.top < 4;
    if (added && !atTop) {
      this.first += added;
      this.unread += added;
      // Keep the newest within reach of the scroll while the window has room for them.
      const room = Math.min(this.first, Math.max(0, WINDOW - this.list.root.childElementCount));
      this.first -= room;
    }
    this.first = Math.max(0, Math.min(this.first, list.length - 1));
    const anchor = atTop ? null : this.anchor();
    this.list.draw(list.slice(this.first, this.first + WINDOW), added && atTop ? added : 0);
    this.restore(anchor);
    this.drawFoot();
    this.drawNews();
    this.panel.note.textContent = this.filtered ? `${list.length} shown` : '';
    this.fillUp();
  }

  anchor() {
    const top = this.scroll.getBoundingClientRect().top;
    for (const child of this.list.root.children) {
      const box = child.getBoundingClientRect();
      if (box.bottom > top && child.dataset.id) return { id: child.dataset.id, at: box.top };
    }
    return null;
  }

  restore(anchor) {
    const child = anchor && this.list.root.querySelector(`[data-id="${anchor.id}"]`);
    if (child) this.scroll.scrollTop += child.getBoundingClientRect().top - anchor.at;
  }

  drawFoot() {
    const { list } = this.events;
    const atEnd = this.first + WINDOW >= list.length;
    let text = '';
    if (atEnd && this.asked !== null) text = 'Reading older events…';
    else if (atEnd && this.failed) text = this.failed;
    else if (atEnd && this.ended && !list.length) text = 'No event passes these filters.';
    else if (atEnd && this.ended) text = 'The journal begins here.';
    setText(this.foot, text);
  }

  drawNews() {
    const hidden = this.first === 0 && this.top < NEAR_PX;
    if (this.first === 0 && this.top < 4) this.unread = 0;
    setAttr(this.news, 'hidden', hidden && !this.unread);
    setText(this.news, this.unread ? `↑ ${count(this.unread, 'new event')}` : '↑ newest');
  }

  drawNodes() {
    const names = [...jarvis.panel('nodes').rows.keys()];
    const shown = [...this.nodes.options].slice(1).map((option) => option.value);
    if (names.join() === shown.join()) return;
    this.nodes.replaceChildren(el('option', { value: '', text: 'all nodes' }),
      ...names.map((name) => el('option', { value: name, text: name })));
    this.nodes.value = names.includes(this.events.node) ? this.events.node : '';
    if (this.nodes.value !== this.events.node) this.chooseNode();
  }

  toggle(key) {
    const { severities } = this.events;
    if (!severities.delete(key)) severities.add(key);
    for (const button of this.filters) {
      setAttr(button, 'aria-pressed', String(severities.has(button.dataset.severity)));
    }
    this.restart();
    this.draw();
  }

  chooseNode() {
    this.events.node = this.nodes.value;
    this.restart();
    this.draw();
  }

  toggleAges() {
    this.list.ages = !this.list.ages;
    localStorage.setItem('jarvis.feed.ages', this.list.ages ? 'yes' : 'no');
    setAttr(this.clockwise, 'aria-pressed', String(this.list.ages));
    this.list.drawTimes();
  }

  scrolled() {
    const { scroll } = this;
    const { list } = this.events;
    this.top = scroll.scrollTop;
    if (scroll.scrollTop < NEAR_PX && this.first > 0) this.shift(-STEP);
    else if (scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop < NEAR_PX) {
      if (this.first + WINDOW < list.length) this.shift(STEP);
      else this.askOlder();
    }
    this.drawNews();
  }

  shift(by) {
    this.first = Math.max(0, this.first + by);
    const anchor = this.anchor();
    this.list.draw(this.events.list.slice(this.first, this.first + WINDOW));
    this.restore(anchor);
    this.drawFoot();
  }

  askOlder() {
    const asked = { before_id: this.events.oldest, severities: [...this.events.severities], node: this.events.node || null };
    if (this.ended || asked.before_id === null || this.asked === questionOf(asked)) return;
    this.asked = questionOf(asked);
    this.failed = null;
    jarvis.action('older', asked);
    this.drawFoot();
  }

  takeOlder({ rows = [], more = rows.length > 0, because = null, ...asked }) {
    if (questionOf(asked) !== this.asked) return;
    this.asked = null;
    this.failed = because;
    if (!because) {
      this.ended = !more;
      this.events.take(rows);
    }
    this.draw();
  }

  toTop() {
    this.first = 0;
    this.unread = 0;
    this.scrollTo(0);
    this.draw();
    this.list.root.querySelector('.feed-row')?.focus();
  }

  tick() {
    if (!this.seen) return;
    if (this.list.ages) this.list.drawTimes();
    const today = dayOf(jarvis.now());
    if (this.today && this.today !== today) this.draw();
    this.today = today;
  }

  destroy() {
    this.sizes.disconnect();
    this.offs.forEach((off) => off());
    this.panel.destroy();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.feed = new Feed(this.$el);
  },
  beforeUnmount() {
    this.feed.destroy();
  },
};
