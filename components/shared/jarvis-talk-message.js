// One message of a conversation: what a person said, or what Jarvis answered with its tool calls and its footer.

import { copyBy } from 'jarvis-copy';
import { el, setAttr, setText } from 'jarvis-dom';
import { count, stamp } from 'jarvis-format';
import { Prose } from 'jarvis-markdown';
import { ToolCard } from 'jarvis-talk-cards';

const WHO = { claude: 'Claude', local: 'Local model', direct: 'No model' };
const OTHER = { claude: 'local', local: 'claude', direct: 'claude' };

/** 0.0041 -> '$0.0041'; what is below a hundredth of a cent is told as that. */
export function usd(value) {
  const figure = Number(value);
  if (!Number.isFinite(figure)) return '';
  if (figure === 0) return '$0';
  if (figure < 0.0001) return '< $0.0001';
  return `$${figure.toFixed(figure < 0.1 ? 4 : 2)}`;
}

/** What a turn has used so far; its last answer tells the sum. */
export function newSum() {
  return { in: 0, out: 0, read: 0, write: 0, est: false, cost: null };
}

function addTo(sum, { usage, cost }) {
  if (usage) {
    for (const key of ['in', 'out', 'read', 'write']) sum[key] += usage[key];
    sum.est ||= usage.est;
  }
  if (cost !== null && cost !== undefined) sum.cost = (sum.cost ?? 0) + Number(cost);
}

/** A clause as a sentence. */
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}.` : '');

const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** Tokens as the footer tells them. */
function tokens(usage) {
  const whole = usage.in + usage.read + usage.write;
  if (!whole && !usage.out) return '';
  const parts = [`${thousands(whole)} in`];
  if (usage.read) parts.push(`${thousands(usage.read)} cached`);
  parts.push(`${thousands(usage.out)} out`);
  return `${usage.est ? '≈ ' : ''}${parts.join(' · ')}`;
}

function act(label, name, fn) {
  return el('button', { type: 'button', class: 'talk-act', 'aria-label': name, title: name, text: label, onclick: fn });
}

/** The words of a message; a rest follows on those that have come, and null tells that some of them have not. */
function textOf(message, known = '') {
  const [first] = message.parts;
  if (first?.k === 'rest') return known.length === first.from ? known + first.text : null;
  return message.parts.filter((part) => part.k === 'text').map((part) => part.text).join('');
}

/** What a person said; `edit(text)` sends another in its place. */
export class Question {
  constructor(message, talk) {
    this.id = message.id;
    this.text = textOf(message);
    this.talk = talk;
    this.bubble = el('div', { class: 'talk-bubble', text: this.text });
    this.acts = el('div', { class: 'talk-acts' },
      act('edit', 'Edit and send again', () => this.edit()), act('copy', 'Copy this message', ({ currentTarget }) => copyBy(currentTarget, this.text)));
    this.root = el('article', { class: 'talk-question', 'aria-label': `You, ${stamp(message.at)}`, title: stamp(message.at) }, this.bubble, this.acts);
  }

  edit() {
    if (this.form) return;
    const field = el('textarea', { class: 'field', rows: '2', 'aria-label': 'The message' });
    field.value = this.text;
    const close = () => {
      this.form.remove();
      this.form = null;
      setAttr(this.bubble, 'hidden', null);
    };
    this.form = el('form', { class: 'talk-edit' }, field, el('div', { class: 'ask-buttons' },
      el('button', { type: 'submit', class: 'btn', text: 'Send again' }), el('button', { type: 'button', class: 'btn quiet', text: 'Back', onclick: close })));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = field.value.trim();
      close();
      if (text) this.talk.resend(this.id, text);
    });
    setAttr(this.bubble, 'hidden', true);
    this.root.prepend(this.form);
    this.talk.follow = false;
    this.form.scrollIntoView({ block: 'nearest' });
    field.focus({ preventScroll: true });
  }

  tick() {}

  destroy() {
    this.root.remove();
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

  /** The message is whole: its words, and what stands below them. */
  finish(message, sum) {
    this.id = message.id;
    const text = textOf(message, this.prose.text);
    if (text === null) {
      this.talk.reopen();
      return;
    }
    this.root.dataset.state = 'whole';
    setAttr(this.root, 'title', stamp(message.at));
    this.prose.set(text);
    for (const use of message.parts.filter((part) => part.k === 'use')) {
      if (!this.cards.has(use.id)) this.tool({ call: use.id, tool: use.tool, args: use.args, tier: use.tier });
    }
    if (!this.counted) addTo(sum, message);
    this.counted = true;
    this.note(this.prose.text === sentence(message.ended) ? '' : sentence(message.ended));
    const last = !message.parts.some((part) => part.k === 'use');
    if (last || message.ended) this.drawFoot(message, { ...sum }, last);
  }

  drawFoot(message, sum, last) {
    const other = OTHER[message.provider] ?? 'claude';
    this.foot.replaceChildren(
      el('b', { class: `talk-who ${message.provider ?? ''}`, text: WHO[message.provider] ?? 'Jarvis', title: message.model ?? '' }),
      el('span', { class: 'talk-because', text: message.because ?? '' }),
      ...[tokens(sum), sum.cost === null ? '' : usd(sum.cost)].filter(Boolean).map((text) => el('span', { class: 'num', text })),
      ...(last ? [el('span', { class: 'talk-acts' },
        act('again', 'Answer anew', () => this.talk.regenerate(null)),
        act(`ask ${WHO[other].toLowerCase()}`, `Ask ${WHO[other]} instead`, () => this.talk.regenerate(other)),
        act('copy', 'Copy the answer', ({ currentTarget }) => copyBy(currentTarget, this.prose.text)),
        act('misrouted', 'Say who should have answered', () => this.should(message))) ] : []));
  }

  should(message) {
    const wishes = [['claude', 'Claude'], ['local', 'the local model'], ['tools', 'with tools'], ['no tools', 'without tools']];
    const box = el('span', { class: 'talk-should' }, 'It should have been ', ...wishes.map(([wish, label]) =>
      el('button', { type: 'button', class: 'talk-act', text: label, onclick: async () => {
        const answer = await this.talk.should(message.id, wish);
        box.replaceChildren(answer.ok ? `Kept: ${label}.` : answer.because ?? 'There was no decision to speak of.');
      } })));
    this.foot.append(box);
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

  tick() {
    for (const card of this.cards.values()) card.tick();
  }

  destroy() {
    for (const card of this.cards.values()) card.destroy();
    this.root.remove();
  }
}

/** 6 -> '6 messages'. */
export const messages = (n) => count(n, 'message');
export const sessionNote = (title, n) => `session “${title}” · ${messages(n)}`;
