// The end of a conversation: kept in sight until somebody scrolls away from it, and offered to whoever has.

import { el, keepFocusNear, setAttr, setText } from 'jarvis-dom';

const NEAR_PX = 80;
const AT_END_PX = 2;

export class End {
  /** `scroll` is what scrolls, `grows` what becomes longer in it. */
  constructor(scroll, grows) {
    this.scroll = scroll;
    this.following = true;
    this.top = 0;
    this.seen = 0;
    this.back = el('button', { type: 'button', class: 'talk-back', hidden: true, onclick: () => this.goBack() });
    this.root = el('div', { class: 'talk-end' }, this.back);
    this.sizes = new ResizeObserver(() => this.keep(scroll.clientWidth));
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
  keep(width = this.width) {
    if (width !== this.width) this.seen = this.scroll.scrollHeight; // other line breaks are nothing new
    this.width = width;
    if (this.following) this.move(this.scroll.scrollHeight);
    this.tell();
  }

  move(top) {
    this.scroll.scrollTop = top;
    this.top = this.scroll.scrollTop;
  }

  /** Only who scrolls goes up from the end; what grows leaves one where one was, and so does the window. */
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.scroll;
    const went = scrollTop - this.top;
    const below = scrollHeight - clientHeight - scrollTop;
    this.top = scrollTop;
    if (clientWidth !== this.width) return;
    if (below <= AT_END_PX || (went > 0 && below < NEAR_PX)) this.following = true;
    else if (went < 0 && this.following) this.leave();
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
