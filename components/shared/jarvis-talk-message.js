// One message of a conversation: what a person said, or what Jarvis answered with its tool calls and its footer.

import { withChipsInCode } from 'jarvis-chips';
import { copyBy } from 'jarvis-copy';
import { el, keepFocusNear, setAttr, setText } from 'jarvis-dom';
import { count, stamp } from 'jarvis-format';
import { Prose } from 'jarvis-markdown';
import { ToolCard } from 'jarvis-talk-cards';
import { OTHER, WHO, addTo, footOf } from 'jarvis-talk-foot';

/** A clause as a sentence. */
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}.` : '');

function act(label, name, fn) {
  return el('button', { type: 'button', class: 'talk-act', 'aria-label': name, title: name, text: label, onclick: fn });
}

/** The words of a message; a rest follows on those that have come, and null tells that some of them have not. */
function textOf(message, known = '') {
  const [first] = message.parts;
  if (first?.k === 'rest') return known.length === first.from ? known + first.text : null;
  return message.parts.filter((part) => part.k === 'text').map((part) => part.text).join('');
}

/** Take a message away; who was on it goes on at the one before. */
function letGo(root) {
  const around = root.contains(document.activeElement) ? root.previousElementSibling ?? root.parentElement : null;
  root.remove();
  if (around) keepFocusNear(around);
}

/** What a person said; an edit sends another in its place, and stays open until it was accepted. */
export class Question {
  constructor(message, talk) {
    this.id = message.id;
    this.text = textOf(message);
    this.talk = talk;
    this.bubble = el('div', { class: 'talk-bubble' }, ...withChipsInCode(this.text));
    this.acts = el('div', { class: 'talk-acts' },
      act('edit', 'Edit and send again', () => this.edit()), act('copy', 'Copy this message', ({ currentTarget }) => copyBy(currentTarget, this.text)));
    this.root = el('article', { class: 'talk-question', 'aria-label': `You, ${stamp(message.at)}`, title: stamp(message.at) }, this.bubble, this.acts);
  }

  edit() {
    if (this.form) return;
    const field = el('textarea', { class: 'field', rows: '2', 'aria-label': 'The message' });
    field.value = this.text;
    const close = () => {
      const held = this.form.contains(document.activeElement);
      this.form.remove();
      this.form = null;
      setAttr(this.bubble, 'hidden', null);
      if (held) this.acts.firstElementChild.focus({ preventScroll: true });
    };
    this.form = el('form', { class: 'talk-edit' }, field, el('div', { class: 'ask-buttons' },
      el('button', { type: 'submit', class: 'btn', text: 'Send again' }), el('button', { type: 'button', class: 'btn quiet', text: 'Back', onclick: close })));
    this.form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.stopPropagation();
      close();
    });
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      send(field.value.trim());
    });
    let sending = false;
    const send = async (text) => {
      if (sending || !text) return;
      sending = true;
      const answer = await this.talk.resend(this.id, text);
      sending = false;
      if (answer.ok && this.form) close();
    };
    setAttr(this.bubble, 'hidden', true);
    this.root.prepend(this.form);
    this.talk.end.leave();
    this.form.scrollIntoView({ block: 'nearest' });
    field.focus({ preventScroll: true });
  }

  destroy() {
    letGo(this.root);
  }
}

/** What Jarvis answers, while it comes and when it is whole. */
export class Answer {
  constructor(talk, id) {
    this.talk = talk;
    this.id = id;
    this.prose = new Prose();
    this.cards = new Map();
    this.steps = el('div', { class: 'talk-steps' });
    this.notes = el('p', { class: 'talk-notes', role: 'status' });
    this.foot = el('footer', { class: 'talk-foot' });
    this.root = el('article', { class: 'talk-answer', 'aria-label': 'Jarvis' }, this.prose.root, this.steps, this.notes, this.foot);
    this.root.dataset.state = 'coming';
  }

  add(text) {
    this.prose.add(text);
  }

  tool(use) {
    const known = this.cards.get(use.call);
    if (known) {
      known.tell(use);
      return known;
    }
    const card = new ToolCard(use);
    this.cards.set(use.call, card);
    this.steps.append(card.root);
    return card;
  }

  note(text) {
    setText(this.notes, text);
  }

  /** The message is whole: its words, and what stands below them. `sum` is what the turn has used before it. */
  finish(message, sum) {
    this.id = message.id;
    const text = textOf(message, this.prose.text);
    if (text === null) {
      this.talk.reopen();
      return;
    }
    if (!this.counted) addTo(sum, message);
    this.counted = true;
    const { parts, ...facts } = message;
    const drawn = JSON.stringify([text, facts]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.root.dataset.state = 'whole';
    setAttr(this.root, 'title', stamp(message.at));
    this.prose.set(text);
    for (const use of parts.filter((part) => part.k === 'use')) {
      if (!this.cards.has(use.id)) this.tool({ call: use.id, tool: use.tool, args: use.args, tier: use.tier });
    }
    this.note(this.prose.text === sentence(message.ended) ? '' : sentence(message.ended));
    const last = !parts.some((part) => part.k === 'use');
    if (last || message.ended) this.drawFoot(message, sum, last);
  }

  drawFoot(message, sum, last) {
    const other = OTHER[message.provider] ?? 'claude';
    const instead = act(`ask ${WHO[other].toLowerCase()}`, `Ask ${WHO[other]} instead`, () => this.anew(other));
    instead.classList.add(`asks-${other}`);
    this.foot.replaceChildren(...footOf(message, sum), ...(last ? [el('span', { class: 'talk-acts' },
      act('again', 'Answer anew', () => this.anew(null)), instead,
      act('copy', 'Copy the answer', ({ currentTarget }) => copyBy(currentTarget, this.prose.text)),
      act('misrouted', 'Say who should have answered', () => this.should(message))) ] : []));
  }

  /** Have it answered anew; what was said after it would go with it, so that is asked first. */
  anew(picked) {
    const go = () => this.talk.regenerate(this.id, picked);
    if (this.talk.isLast(this)) go();
    else this.askBelow(`anew ${picked}`, 'What was said after it is cut off. ',
      act('answer anew', 'Answer anew, and cut off what was said after it', go), act('leave it', 'Leave it as it is', () => this.askBelow(null)));
  }

  should(message) {
    const wishes = [['claude', 'Claude'], ['local', 'the local model'], ['tools', 'with tools'], ['no tools', 'without tools']];
    const box = this.askBelow('should', 'It should have been ', ...wishes.map(([wish, label]) =>
      el('button', { type: 'button', class: 'talk-act', text: label, onclick: async () => {
        const answer = await this.talk.should(message.id, wish);
        box.tabIndex = -1;
        box.focus({ preventScroll: true });
        box.replaceChildren(answer.ok ? `Kept: ${label}.` : answer.because ?? 'There was no decision to speak of.');
      } })));
  }

  /** One line below the footer that asks something; asked for again, it goes. */
  askBelow(what, ...parts) {
    const before = this.foot.querySelector('.talk-should');
    const held = before?.contains(document.activeElement);
    before?.remove();
    if (held) this.foot.querySelector('.talk-act')?.focus({ preventScroll: true });
    if (!what || before?.dataset.what === what) return null;
    const box = el('span', { class: 'talk-should', role: 'status', 'data-what': what }, ...parts);
    this.foot.append(box);
    return box;
  }

  /** Its words as they are read, and what is noted above its footer. */
  get words() {
    return [this.prose.root.innerText, this.notes.textContent].filter(Boolean).join(' ');
  }

  /** Its words do not hold; what its tools found stays. */
  get withdrawn() {
    return this.root.dataset.state === 'withdrawn' && this.cards.size === 0;
  }

  withdraw(because) {
    this.prose.set('');
    this.note(because);
    this.root.dataset.state = 'withdrawn';
  }

  destroy() {
    for (const card of this.cards.values()) card.destroy();
    letGo(this.root);
  }
}

/** 6 -> '6 messages'. */
export const messages = (n) => count(n, 'message');
