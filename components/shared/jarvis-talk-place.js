// Which conversation a page has open, and whether what arrives late is still of it.

import { takeLinked } from 'jarvis-subject';

const KEEP = 'jarvis.talk.open';

export class Place {
  constructor() {
    this.linked = takeLinked();
    this.id = this.linked ?? (localStorage.getItem(KEEP) || null);
    this.visit = 0; // counts what was opened, so that what comes late is not taken for what is open now
    this.spoke = null; // the visit in which something was said last
    this.seeks = false; // whether the server was asked for what it is answering, and may open that here
  }

  /** Go to a conversation; null is a new one. */
  go(id) {
    this.id = id;
    this.visit += 1;
    this.seeks = false;
    if (!id) localStorage.removeItem(KEEP);
  }

  /** What is open here is that one, after a reload too. */
  settle(id) {
    this.id = id;
    localStorage.setItem(KEEP, id);
  }

  /** Where nobody chose yet, or what was said got lost, what is being answered may open here. */
  seek() {
    this.seeks = this.id === null && (this.visit === 0 || this.spoke === this.visit);
    return this.seeks;
  }

  /** Something is said here, which is what shall open here. */
  speak() {
    this.spoke = this.visit;
    this.seeks = false;
  }

  /** Whether a conversation that the server opens belongs here. */
  takes(id) {
    return id === this.id || (this.id === null && this.seeks);
  }

  /** Whether these are the first events of what was just said on an empty page. */
  isBegunBy(events) {
    return this.id === null && events[0]?.k === 'began' && this.spoke === this.visit;
  }
}
