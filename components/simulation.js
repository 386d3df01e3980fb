// The faults of the simulated homelab: which there are, which are on, and the buttons that give and clear them.
// It stands beside the page without covering it from use: one wants to watch what happens.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { span } from 'jarvis-format';

const WORDS = {
  'power-off': 'Power off', freeze: 'Freeze', 'crash-guest': 'Crash a guest', 'silence-agent': 'Silence a guest\'s agent', 'fill-storage': 'Fill a storage', overheat: 'Overheat',
  'degrade-pool': 'Degrade a pool', 'fail-drive': 'Fail a drive',
  stall: 'Stall the API', 'reset-connections': 'Reset connections', errors: 'Answer with errors', 'revoke-token': 'Revoke the token',
  'change-certificate': 'Change the certificate', 'clock-jump': 'Jump the clocks', 'lose-quorum': 'Lose quorum',
  'llm-401': 'Refuse the key of a model', 'llm-429': 'Limit Claude\'s rate', 'llm-529': 'Overload Claude',
  'llm-529-midstream': 'Overload Claude in mid-answer', 'llm-cut-stream': 'Cut an answer', 'llm-reset-stream': 'Reset an answer',
  'llm-stall': 'Stall an answer', 'llm-silent': 'Silence a model', 'llm-malformed-tool-input': 'Garble tool calls',
  'llm-loops': 'Let a model loop', 'llm-obeys': 'Let a model obey anything', 'llm-refusal': 'Let Claude decline',
  'llm-max-tokens': 'Cut answers short', 'llm-context-exceeded': 'Fill the window of a model', 'local-loading': 'Load the local model',
  'local-off': 'Switch off the local model', 'claude-off': 'Switch off Claude',
};
const LASTS = [['', 'until cleared'], ['60', 'for 1 min'], ['300', 'for 5 min']];
const AGAIN_S = 5;

const word = (fault) => WORDS[fault] ?? fault;

/** What a fault can be given to: [value, text] pairs, or null where only its default makes sense. */
function targetsFor({ target, default: usual }) {
  const nodes = jarvis.rows('nodes').map((node) => [node.name, node.name]);
  if (target === 'node') return nodes;
  if (target === 'guest') {
    return [...jarvis.panel('guests').rows.values()].filter((guest) => guest.state === 'running')
      .map((guest) => [String(guest.vmid), guest.name ? `${guest.name} (${guest.vmid})` : String(guest.vmid)]);
  }
  if (target === 'storage') return jarvis.rows('storage').map((storage) => [storage.label, storage.label]);
  const doubles = target.match(/^double \((.+)\)$/);
  if (doubles) return doubles[1].includes(',') ? doubles[1].split(', ').map((name) => [name, name]) : null;
  if (usual === 'all') return [['all', 'all'], ...nodes];
  return null;
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.number = 0; // of the question that was asked last
    this.told = 0; // of the one whose answer is shown
    this.refused = null;
    this.title = el('h2', { id: 'simulation-title', text: 'Faults of the simulation' });
    const close = el('button', { class: 'btn quiet', type: 'button', text: 'Close', onclick: () => this.close() });
    this.lasts = el('select', { class: 'field', 'aria-label': 'How long a fault lasts' }, ...LASTS.map(([value, text]) => el('option', { value, text })));
    this.active = el('div', { class: 'simulation-active' });
    this.says = el('p', { class: 'panel-says', role: 'status' });
    this.list = el('ul', { class: 'simulation-list' });
    this.sheet = el('div', { class: 'simulation-sheet', role: 'dialog', 'aria-labelledby': 'simulation-title', tabindex: '-1', hidden: true },
      el('div', { class: 'panel-h' }, this.title, el('span', { class: 'rule' }), close),
      el('div', { class: 'simulation-lasts dim' }, 'A fault lasts ', this.lasts), this.says, this.active, this.list);
    this.sheet.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
    this.$el.append(this.sheet);
    this.offs = [
      jarvis.onAction('faults', () => (this.sheet.hidden ? this.open() : this.close())),
      jarvis.on('tell:simulation', (answer) => this.take(answer)),
      jarvis.on('second', () => this.tick()),
    ];
  },
  beforeUnmount() {
    this.offs.forEach((off) => off());
  },
  methods: {
    open() {
      this.before = document.activeElement;
      setAttr(this.sheet, 'hidden', false);
      this.sheet.focus({ preventScroll: true });
      setText(this.says, this.catalogue ? '' : 'Asking the simulation…');
      this.ask('list');
    },
    close() {
      setAttr(this.sheet, 'hidden', true);
      if (this.before?.isConnected) this.before.focus({ preventScroll: true });
    },
    ask(verb, more = {}) {
      this.askedAt = jarvis.now();
      this.number += 1;
      if (verb !== 'list') this.refused = null;
      jarvis.action('simulation', { verb, ask: this.number, ...more });
    },
    /** Why something was refused stands until something else is asked for; what is on is as it was told of last. */
    take(answer) {
      if (answer.verb !== 'list') this.refused = answer.because;
      const why = this.refused ?? answer.because;
      setText(this.says, why ? `${why}.` : '');
      setAttr(this.says, 'class', why ? 'panel-says warn' : 'panel-says');
      if (answer.ask < this.told) return;
      this.told = answer.ask;
      if (answer.catalogue) this.drawCatalogue(answer.catalogue);
      if (answer.active) this.drawActive(answer.active);
    },
    drawCatalogue(catalogue) {
      const key = JSON.stringify(catalogue.map((fault) => [fault, targetsFor(fault)]));
      if (key === this.key) return;
      this.key = key;
      this.catalogue = catalogue;
      const chosen = new Map(this.named('select').map((select) => [select.ariaLabel, select.value]));
      const held = this.list.contains(document.activeElement) ? document.activeElement.ariaLabel : null;
      this.list.replaceChildren(...catalogue.map((fault) => this.drawFault(fault)));
      for (const select of this.named('select')) {
        const value = chosen.get(select.ariaLabel);
        if ([...select.options].some((option) => option.value === value)) select.value = value;
      }
      if (held) this.named('select, button').find((one) => one.ariaLabel === held)?.focus();
    },
    named(selector) {
      return [...this.list.querySelectorAll(selector)];
    },
    drawFault(fault) {
      const targets = targetsFor(fault);
      const choice = targets && el('select', { class: 'field', 'aria-label': `${word(fault.fault)}: ${fault.target}` }, ...targets.map(([value, text]) => el('option', { value, text })));
      if (choice && fault.default && targets.some(([value]) => value === fault.default)) choice.value = fault.default;
      const give = el('button', { class: 'btn danger', type: 'button', text: 'Cause', 'aria-label': `Cause: ${word(fault.fault)}`, onclick: () => {
        this.ask('give', { fault: fault.fault, target: choice ? choice.value : null, seconds: this.lasts.value ? Number(this.lasts.value) : null });
      } });
      return el('li', {}, el('b', { text: word(fault.fault) }), el('span', { class: 'simulation-how' }, choice, give),
        el('span', { class: 'simulation-tells', text: fault.tells }));
    },
    drawActive(active) {
      const now = jarvis.now();
      this.active.replaceChildren(...active.map((one) => el('div', { class: 'simulation-on' },
        el('span', { class: 'warn', 'aria-hidden': 'true', text: '△' }),
        el('span', { text: `${word(one.fault)}: ${one.target}` }),
        el('span', { class: 'num faint', text: one.until ? `${span(Math.max(0, one.until - now))} left` : `for ${span(Math.max(0, now - one.since))}` }),
        el('button', { class: 'btn go', type: 'button', text: 'Clear', 'aria-label': `Clear: ${word(one.fault)} of ${one.target}`, onclick: () => this.ask('clear', { fault: one.fault, target: one.target }) }))));
    },
    tick() {
      if (this.sheet.hidden || document.hidden || jarvis.now() - this.askedAt < AGAIN_S) return;
      this.ask('list');
    },
  },
};
