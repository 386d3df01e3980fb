// Questions that wait for a person, each with its card, and below them what was decided lately.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { makeCard } from 'jarvis-approval';
import { el, setAttr, setText } from 'jarvis-dom';
import { clock, count } from 'jarvis-format';
import { makePanel } from 'jarvis-panel';

const SIGNS = {
  refused: ['×', 'alert', 'refused'], lapsed: ['—', 'faint', 'lapsed'], cancelled: ['—', 'faint', 'cancelled'],
  approved: ['▸', 'arc', 'running'], done: ['✓', 'ok', 'done'], failed: ['!', 'alert', 'not done'],
};

function signOf(row) {
  if (row.state !== 'spent') return SIGNS[row.state] ?? SIGNS.cancelled;
  return row.outcome === 'done' || row.outcome === 'empty' ? SIGNS.done : SIGNS.failed;
}

/** Whom a call was about, as its card says it; else its arguments. */
function aboutOf(row) {
  const named = row.blast.find(([label]) => label === 'Guest' || label === 'Node');
  return named ? named[1].split(', ')[0] : row.args.map(([, value]) => value).join(' ');
}

const decidedAt = (row) => row.decided ?? row.asked;

export class Approvals {
  constructor(host) {
    this.host = host;
    this.cards = new Map();
    this.opened = false;
    this.elsewhere = new Set();
    this.panel = makePanel(host, {
      panel: 'gate', title: 'Approvals', skeleton: 1,
      empty: 'Nothing waits for you. What is red asks here first.',
      note: (meta) => (meta.waiting ? `${count(meta.waiting, 'question')}` : 'none waits'),
      draw: () => this.draw(),
    });
    this.waiting = el('div', { class: 'approval-list', 'aria-live': 'polite', 'aria-relevant': 'additions' });
    this.quiet = el('p', { class: 'panel-says', text: 'Nothing waits for you.' });
    this.decided = el('ol', { class: 'approval-decided', 'aria-label': 'Decided lately' });
    this.history = el('section', { class: 'approval-history', 'aria-label': 'Decided lately' },
      el('header', { class: 'panel-h' }, el('h2', { text: 'Decided lately' }), el('span', { class: 'rule' }), el('a', { class: 'note', href: '/audit', text: 'Whole audit' })),
      this.decided);
    this.close = el('button', { type: 'button', class: 'btn quiet approvals-close', text: 'Close', onclick: () => this.open(false) });
    this.panel.head.append(this.close);
    this.panel.body.append(this.waiting, this.quiet, this.history);
    this.offs = [
      jarvis.onAction('approvals', () => this.open(!this.opened)),
      jarvis.onAction('show-approval', ({ id }) => this.showOne(id)),
      jarvis.on('gate', () => this.frame()),
      jarvis.on('approvals-in-place', ({ ids }) => this.leaveTo(ids)),
      jarvis.on('second', () => this.tick()),
    ];
    this.frame();
    this.panel.refresh();
  }

  get pending() {
    return jarvis.rows('gate').filter((row) => row.state === 'pending' || (row.state === 'approved' && this.cards.has(row.id)));
  }

  /** Another panel shows these where they were asked. */
  leaveTo(ids) {
    this.elsewhere = new Set(ids);
    this.draw();
    this.frame();
  }

  /** Whoever opens it sees all of them, wherever else they stand. */
  open(opened) {
    this.opened = opened;
    this.draw();
    if (opened) (this.waiting.querySelector('.approval') ?? this.close).focus();
  }

  showOne(id) {
    jarvis.action('tab', { key: 'approve' });
    this.open(true);
    this.cards.get(id)?.focus();
  }

  frame() {
    const waits = this.pending.some((row) => !this.elsewhere.has(row.id));
    setAttr(this.host, 'data-shown', waits || this.opened ? 'true' : 'false');
    setAttr(this.host, 'data-opened', this.opened ? 'true' : null);
  }

  draw() {
    const pending = this.pending.filter((row) => this.opened || !this.elsewhere.has(row.id));
    const wanted = new Set(pending.map((row) => row.id));
    for (const [id, card] of this.cards) {
      if (wanted.has(id)) continue;
      card.destroy();
      this.cards.delete(id);
    }
    for (const row of pending) {
      const card = this.cards.get(row.id);
      if (card) card.draw(row);
      else this.add(row);
    }
    setAttr(this.quiet, 'hidden', pending.length > 0);
    this.drawDecided();
    this.frame();
  }

  add(row) {
    const card = makeCard(row);
    this.cards.set(row.id, card);
    this.waiting.append(card.root);
  }

  drawDecided() {
    const rows = jarvis.rows('gate').filter((row) => row.state !== 'pending' && !this.cards.has(row.id))
      .sort((one, other) => decidedAt(other) - decidedAt(one));
    const key = JSON.stringify(rows.map((row) => [row.id, row.state, row.told]));
    setAttr(this.history, 'hidden', rows.length === 0);
    if (key === this.key) return;
    this.key = key;
    this.decided.replaceChildren(...rows.map((row) => {
      const [sign, tone, word] = signOf(row);
      const line = el('span', { class: 'approval-told' });
      setText(line, `${row.tool} ${aboutOf(row)}: ${row.told || word}`);
      return el('li', {}, el('time', { class: 'num faint', text: clock(decidedAt(row)) }),
        el('span', { class: tone, 'aria-hidden': 'true', text: sign }), el('span', { class: 'unseen', text: `${word}: ` }), line);
    }));
  }

  tick() {
    for (const card of this.cards.values()) card.tick();
  }

  destroy() {
    this.offs.forEach((off) => off());
    this.panel.destroy();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.approvals = new Approvals(this.$el);
  },
  beforeUnmount() {
    this.approvals.destroy();
  },
};
