// The cards of tool calls in a conversation: closed they tell what was asked and how long it took; open, all of it.

import { jarvis } from 'jarvis';
import { makeCard } from 'jarvis-approval';
import { el, setAttr, setText } from 'jarvis-dom';
import { took } from 'jarvis-talk-foot';

const TONES = { running: 'arc', done: 'ok', empty: 'dim', failed: 'alert', refused: 'warn', waiting: 'warn', lapsed: 'warn', cancelled: 'warn', 'timed out': 'alert', unknown: 'warn' };
/** Of these a person's word may still come. */
const OPEN_STILL = new Set(['waiting', 'unknown']);
const LONG = 6_000;

/** {a: 1, b: 'x y'} as 'a=1 b=x y', what is null left out. */
export function argsLine(args) {
  return Object.entries(args ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`).join('  ');
}

/** Whether a conversation shows that question already: a call that is asked for twice waits for one word. */
const isShown = (approval) => document.querySelector(`.talk-approval > [data-key="${CSS.escape(approval)}"]`) !== null;

/** One tool call; hands back {root, end(answer), want(approval), tick(), approval, destroy()}. */
export class ToolCard {
  constructor(use) {
    this.use = use;
    this.approval = null;
    this.card = null;
    this.waits = false;
    this.settled = false;
    this.dot = el('i', { class: 'dot arc' });
    this.word = el('span', { class: 'unseen', text: 'running' });
    this.took = el('span', { class: 'talk-took num', text: '…' });
    this.tier = el('span', { class: 'talk-tier' });
    this.input = el('pre', { text: JSON.stringify(use.args ?? {}, null, 1) });
    this.output = el('pre', { text: 'Still running.' });
    this.details = el('details', { class: 'talk-tool' },
      el('summary', {}, this.dot, this.word, el('b', { text: use.tool }), el('span', { class: 'talk-args', text: argsLine(use.args) }), this.tier, this.took),
      el('div', { class: 'talk-tool-body' }, el('h4', { text: 'Asked' }), this.input, el('h4', { text: 'Found' }), this.output));
    this.place = el('div', { class: 'talk-approval' });
    this.root = el('div', { class: 'talk-step' }, this.details, this.place);
    this.off = jarvis.on('gate', () => this.follow());
    this.tell(use);
  }

  /** What was learnt of the call after it was stored. */
  tell({ tier }) {
    if (tier && tier !== 'GREEN') setText(this.tier, tier);
  }

  end({ outcome, because, text, ms }) {
    const ended = JSON.stringify([outcome, because, text]);
    if (ended === this.ended) return;
    this.ended = ended;
    this.settled = !OPEN_STILL.has(outcome);
    this.mark(outcome, outcome === 'done' || outcome === 'empty' ? took(ms) : outcome);
    const told = because && !text?.startsWith(because.replace(/\.$/, '')) ? [because, text] : [text];
    const whole = told.filter(Boolean).join('\n\n') || 'Nothing was said.';
    setText(this.output, whole.length > LONG ? `${whole.slice(0, LONG)}\n… ${whole.length - LONG} more characters` : whole);
    if (this.settled || !jarvis.panel('gate').rows.has(this.approval)) this.letGo();
    else this.follow(); // the turn did not wait, the question does
  }

  /** A person has to decide: show the question here, unless it is known already what came of it. */
  want(approval) {
    if (this.settled) return;
    this.approval = approval;
    this.mark('waiting', 'waits for you');
    this.follow();
  }

  /** How it stands, in a colour, a word for those who hear it, and a word or figure at the end of the line. */
  mark(word, end = word) {
    setAttr(this.dot, 'class', `dot ${TONES[word] ?? 'dim'}`);
    setText(this.word, word);
    setText(this.took, end);
  }

  get open() {
    return this.card !== null;
  }

  follow() {
    if (!this.approval || this.settled) return;
    const row = jarvis.panel('gate').rows.get(this.approval);
    if (!row) return;
    if (row.state !== 'pending' && row.state !== 'approved') {
      this.mark(row.state === 'spent' ? 'approved' : row.state);
      this.letGo();
      return;
    }
    const waited = this.waits;
    this.waits = row.state === 'pending';
    if (this.waits) this.mark('waiting', 'waits for you');
    else this.mark('running', 'runs…');
    if (this.card) this.card.draw(row);
    else if (!isShown(this.approval)) {
      this.card = makeCard(row);
      this.place.append(this.card.root);
    }
    if (waited !== this.waits) jarvis.notify('talk-cards', null);
  }

  letGo() {
    if (!this.card) return;
    this.card.destroy();
    this.card = null;
    this.waits = false;
    jarvis.notify('talk-cards', null);
  }

  tick() {
    this.card?.tick();
  }

  destroy() {
    this.off();
    this.letGo();
    this.root.remove();
  }
}
