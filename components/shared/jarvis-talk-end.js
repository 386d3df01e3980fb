// The end of a conversation: kept in sight until somebody scrolls away from it, and offered to whoever has.

import { el, keepFocusNear, setAttr, setText } from 'jarvis-dom';

const NEAR_PX = 80;
const AT_END_PX = 2;
const TOUCHED_MS = 1_000;

export class End {
  /** `scroll` is what scrolls, `grows` what becomes longer in it. */
  constructor(scroll, grows) {
    this.scroll = scroll;
    this.following = true;
    this.seen = 0;
    this.touchedAt = -Infinity;
    for (const kind of ['wheel', 'touchmove', 'pointerdown', 'keydown']) scroll.addEventListener(kind, () => this.touched(), { passive: true });
    this.look();
    this.back = el('button', { type: 'button', class: 'talk-back', hidden: true, onclick: () => this.goBack() });
    this.root = el('div', { class: 'talk-end' }, this.back);
    this.sizes = new ResizeObserver(() => this.keep());
    this.sizes.observe(grows);
    this.sizes.observe(scroll);
  }

  /** Go to the end, and stay there. */
  follow() {
    this.following = true;
    this.keep();
  }

  goBack() {
    keepFocusNear(this.back);
    this.follow();
  }

  /** Stay where one is, whatever comes. */
  leave() {
    this.following = false;
    this.seen = this.scroll.scrollHeight;
    this.tell();
  }

  /** Stay at the end, where nobody has left it. */
  keep() {
    const { clientWidth, scrollHeight } = this.scroll;
    if (clientWidth !== this.width) this.seen = scrollHeight; // other line breaks are nothing new
    this.width = clientWidth;
    if (this.following) this.move(scrollHeight);
    this.tell();
  }

  move(top) {
    this.scroll.scrollTop = top;
    this.look();
  }

  /** Remember how it lies; hands back how far it went, and whether it is as large as it was. */
  look() {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.scroll;
    const size = `${scrollHeight}/${clientHeight}/${clientWidth}`;
    const seen = { went: scrollTop - this.top, below: scrollHeight - clientHeight - scrollTop, same: size === this.size };
    Object.assign(this, { top: scrollTop, size });
    return seen;
  }

  /** Something is done that scrolls: a wheel, a finger, the bar, a key. */
  touched() {
    this.touchedAt = performance.now();
  }

  /** It has scrolled. Up from the end only somebody goes: what else goes up there is the page, as it is laid out anew. */
  scrolled() {
    const { went, below, same } = this.look();
    const byHand = performance.now() - this.touchedAt < TOUCHED_MS;
    if (below <= AT_END_PX || (went > 0 && below < NEAR_PX)) this.following = true;
    else if (went < 0 && this.following) {
      if (byHand || (same && below >= NEAR_PX)) this.leave(); // without a hand: what the browser finds for somebody
      else this.keep();
    }
    this.tell();
  }

  /** Something of before was put above what is in sight, which stays where it is. */
  grewAbove(by) {
    this.move(this.scroll.scrollTop + by);
    this.seen += by;
  }

  tell() {
    setAttr(this.back, 'hidden', this.following);
    if (!this.following) setText(this.back, this.scroll.scrollHeight > this.seen ? 'new below ↓' : 'to the end ↓');
  }

  destroy() {
    this.sizes.disconnect();
  }
}
