// What was said and what is being said, message by message. Told anew, it keeps what stands: a reader's place, an
// edit that is half made and cards that are open outlive a connection that was lost.

import { jarvis } from 'jarvis';
import { announce, el } from 'jarvis-dom';
import { newSum } from 'jarvis-talk-foot';
import { Answer, Question } from 'jarvis-talk-message';

/** As much of an answer as is read out: the rest is there to be read. */
const SPOKEN_CHARS = 900;

export class Log {
  /** `talk` is what its messages ask: see jarvis-talk-message. */
  constructor(talk) {
    this.talk = talk;
    this.root = el('div', { class: 'talk-list', role: 'log', 'aria-labelledby': 'talk-title', 'aria-live': 'off' });
    this.entries = [];
    this.answers = new Map();
    this.calls = new Map();
    this.clear();
  }

  clear() {
    for (const entry of this.entries) entry.destroy();
    this.entries = [];
    this.answers.clear();
    this.calls.clear();
    this.more = false;
    this.speaking = null;
    this.spent = newSum();
  }

  /** The latest messages as they are kept, and what stands of the answer that comes. What was shown and is not
   *  among them was cut off, or is too long ago to know what lies between. */
  merge({ messages, more, live }) {
    const ids = new Set(messages.map((message) => message.id));
    if (live?.mid) ids.add(live.mid);
    const from = this.entries.findIndex((entry) => ids.has(entry.id));
    const keepsOlder = more && from > 0;
    if (from < 0) this.clear();
    for (const entry of this.entries.slice(keepsOlder ? from : 0)) {
      if (!ids.has(entry.id)) this.drop(entry);
    }
    if (!keepsOlder) this.more = more;
    this.spent = newSum();
    const shown = new Map(this.entries.map((entry) => [entry.id, entry]));
    const order = [...ids]; // the answer that comes is after all that is kept
    messages.forEach((message, index) => {
      const answer = this.answers.get(message.id);
      if (answer) answer.counted = false;
      const next = shown.has(message.id) ? null : order.slice(index + 1).find((id) => shown.has(id));
      this.show(message, next ? shown.get(next) : null);
    });
    this.speaking = null;
    if (live) this.takeLive(live);
  }

  /** Messages from before the first that is shown. */
  addOlder({ messages, more }) {
    const spent = this.spent;
    const [first] = this.entries;
    this.spent = newSum();
    for (const message of messages) this.show(message, first);
    this.spent = spent;
    this.more = more;
  }

  /** Draw a stored message; tool answers go to the cards of the answer that asked. */
  show(message, before = null) {
    if (message.role === 'tool') this.showTools(message);
    else if (message.role === 'user') {
      this.spent = newSum();
      if (!this.entries.some((entry) => entry.id === message.id)) this.place(new Question(message, this.talk), before);
    } else {
      const answer = this.coming(message.id, before);
      answer.finish(message, this.spent);
      for (const [call, card] of answer.cards) this.calls.set(call, card);
    }
  }

  showTools(message) {
    for (const part of message.parts) {
      const card = this.calls.get(part.id);
      card?.tell(part);
      card?.end(part);
      if (jarvis.panel('gate').rows.get(part.approval)?.state === 'pending') card?.want(part.approval);
    }
  }

  place(entry, before = null) {
    const at = before ? this.entries.indexOf(before) : this.entries.length;
    this.entries.splice(at, 0, entry);
    this.root.insertBefore(entry.root, before?.root ?? null);
  }

  drop(entry) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.answers.delete(entry.id);
    for (const [call, card] of entry.cards ?? []) {
      if (this.calls.get(call) === card) this.calls.delete(call);
    }
    entry.destroy();
  }

  /** The answer of that id, which is begun where there is none. */
  coming(id, before = null) {
    let answer = this.answers.get(id);
    if (!answer) {
      answer = new Answer(this.talk, id);
      this.answers.set(id, answer);
      this.place(answer, before);
    }
    return answer;
  }

  takeLive(live) {
    const answer = live.mid ? this.coming(live.mid) : null;
    this.speaking = live.mid;
    answer?.prose.set(live.text);
    for (const tool of live.tools) {
      const card = this.calls.get(tool.call) ?? answer?.tool(tool);
      if (!card) continue;
      this.calls.set(tool.call, card);
      card.tell(tool);
      if (tool.outcome) card.end(tool);
      else if (tool.approval) card.want(tool.approval);
    }
  }

  /** Words alone, of the answer that comes. */
  say(text) {
    if (this.speaking) this.coming(this.speaking).add(text);
  }

  /** One event of a turn, as far as it is seen in a message. */
  take(event) {
    if (event.k === 'began' || event.k === 'stored') {
      if (event.message.id === this.speaking) this.speaking = null;
      this.show(event.message);
    } else if (event.k === 'answer') {
      this.dropWithdrawn();
      this.speaking = event.mid;
      this.coming(event.mid);
    } else if (event.k === 'text') {
      this.speaking = event.mid;
      this.coming(event.mid).add(event.text);
    } else if (event.k === 'withdrawn') {
      this.speaking = null;
      this.coming(event.mid).withdraw(event.because);
    } else if (event.k === 'tool') this.calls.set(event.call, this.coming(event.mid).tool(event));
    else if (event.k === 'wants') this.calls.get(event.call)?.want(event.approval);
    else if (event.k === 'tooled') this.calls.get(event.call)?.end(event);
    else if (event.k === 'ended') this.announceLast();
  }

  /** A log that is read out while words come would never be still, so an answer is read out when it is whole. */
  announceLast() {
    const last = this.entries.at(-1);
    if (last instanceof Answer) announce(last.words.slice(0, SPOKEN_CHARS));
  }

  /** What was taken back has told why; another answer stands in its place. */
  dropWithdrawn() {
    for (const entry of this.entries.filter((one) => one.withdrawn)) this.drop(entry);
  }

  get first() {
    return this.entries[0]?.id ?? null;
  }

  /** What a person said last. */
  get lastAsked() {
    return this.entries.findLast((entry) => entry instanceof Question);
  }

  /** Whether nothing was said after it. */
  isLast(entry) {
    return this.entries.at(-1) === entry;
  }

  /** The cards of questions that a person can answer here. */
  get openCards() {
    return [...this.calls.values()].filter((card) => card.open);
  }

  tick() {
    for (const card of this.calls.values()) card.tick();
  }
}
