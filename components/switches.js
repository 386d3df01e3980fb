// Stand-down and override: a strip on every page while either holds, and the dialog that asks for the passkey.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { countdown } from 'jarvis-approval';
import { ask, NOT_SENT, saysOf } from 'jarvis-asking';
import { el, keepFocusNear, setAttr, setText } from 'jarvis-dom';
import { ago } from 'jarvis-format';

const WAKE_MS = 240_000;
const MINUTES = [1, 5, 10, 15, 30];

export class Switches {
  constructor(host) {
    this.host = host;
    this.told = new Map(); // what stands in the strip, by what it is about: {text, ended}
    this.build();
    this.offs = [
      jarvis.on('gate', () => this.draw()),
      jarvis.on('second', () => this.tick()),
      jarvis.onAction('ask-override', () => this.open()),
      jarvis.onAction('ask-stand-down', () => this.standDown()),
      jarvis.onAction('wake-node', ({ node }) => this.wake(node)),
    ];
    this.draw();
  }

  build() {
    // What an alert says is read out each time it changes, so the age stands outside it.
    this.downSince = el('span', { class: 'strip-since num' });
    this.downSays = el('span', { role: 'alert' });
    this.lift = el('button', { type: 'button', class: 'btn go', text: 'Let Jarvis act again', onclick: () => this.run(this.lift, 'lift-stand-down') });
    this.down = el('div', { class: 'strip strip-down', hidden: true }, el('b', { text: 'Stood down' }), this.downSince, this.downSays, this.lift);
    this.overSays = el('span', { class: 'num' });
    this.end = el('button', { type: 'button', class: 'btn danger', text: 'End the override', onclick: () => this.run(this.end, 'close-override') });
    this.over = el('div', { class: 'strip strip-override', hidden: true }, el('b', { text: 'Override' }), this.overSays, this.end);
    this.failed = el('p', { class: 'strip strip-failed', role: 'alert', hidden: true });
    this.passkey = el('input', { class: 'field', type: 'password', id: 'override-passkey', autocomplete: 'off', required: true, maxlength: '256' });
    this.minutes = el('select', { class: 'field', id: 'override-minutes' }, ...MINUTES.map((n) => el('option', { value: String(n), text: `${n} min`, selected: n === 5 })));
    this.says = el('p', { class: 'panel-says warn', role: 'status' });
    this.submit = el('button', { type: 'submit', class: 'btn danger', text: 'Open the override' });
    this.form = el('form', { class: 'ask-sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'override-title' },
      el('h2', { id: 'override-title', text: 'Override' }),
      el('p', { class: 'dim', text: 'While it is open you may ask for what destroys. Each such call still shows its card first, and all of it is on record.' }),
      this.none = el('p', { class: 'warn', hidden: true }, 'No passkey is set. ', el('a', { href: '/account', text: 'Set one on your account' }), '.'),
      el('label', { for: 'override-passkey', text: 'Passkey' }), this.passkey,
      el('label', { for: 'override-minutes', text: 'For' }), this.minutes,
      this.says,
      el('div', { class: 'ask-buttons' }, this.submit, el('button', { type: 'button', class: 'btn quiet', text: 'Close', onclick: () => this.close() })));
    this.dialog = el('div', { class: 'ask', hidden: true }, el('div', { class: 'ask-scrim', onclick: () => this.close() }), this.form);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask();
    });
    this.dialog.addEventListener('keydown', (event) => this.key(event));
    this.host.append(this.down, this.over, this.failed, this.dialog);
  }

  get meta() {
    return jarvis.panel('gate').meta;
  }

  draw() {
    const { stood_down: down, override } = this.meta;
    const turned = this.down.hidden === Boolean(down) || this.over.hidden === Boolean(override);
    setAttr(this.down, 'hidden', !down);
    setAttr(this.over, 'hidden', !override);
    this.tick();
    if (turned && this.pressed) this.handOn();
  }

  tick() {
    const { stood_down: down, override } = this.meta;
    const now = jarvis.now();
    if (down) {
      setText(this.downSince, down.since ? ago(down.since, now) : '');
      const told = [down.by && `by ${down.by}`, down.because].filter(Boolean).join(': ');
      setText(this.downSays, `${told ? `${told}. ` : ''}Nothing acts on its own, and whatever waited for a word is cancelled; what you ask for yourself still works.`);
    }
    if (override) setText(this.overSays, `${override.user} · ${countdown(override.until - now)} left`);
  }

  /** What was pressed is gone or disabled now: go on at the strip that came, or where it stood. Not at its button,
   *  which a second press on the same key would undo it with. */
  handOn() {
    this.pressed = false;
    keepFocusNear(this.down.hidden ? this.over : this.down);
  }

  async run(button, name) {
    this.pressed = true;
    button.disabled = true;
    const answer = await this.send(name);
    button.disabled = false;
    this.tell(name, answer.ok ? '' : saysOf(answer));
  }

  /** Ask, and while the server is not there show that nothing has been sent yet. `about` is what it is told under. */
  send(name, args = {}, { waitMs = undefined, sent = '', about = name } = {}) {
    for (const [key, { ended }] of this.told) if (ended) this.told.delete(key);
    this.tell(about, sent, false);
    return ask(name, args, waitMs, { waits: (still) => this.tell(about, still ? NOT_SENT : sent, false) });
  }

  /** Tell how one thing goes beside the others; where it ended stands until something else is asked for. */
  tell(about, text, ended = true) {
    this.told.delete(about);
    if (text) this.told.set(about, { text, ended });
    setText(this.failed, [...this.told.values()].map((one) => one.text).join(' '));
    setAttr(this.failed, 'hidden', this.told.size === 0);
  }

  /** One click, no question. */
  async standDown() {
    this.pressed = true;
    const answer = await this.send('stand-down', { because: '' });
    this.tell('stand-down', answer.ok ? '' : `Jarvis could not be stood down: ${saysOf(answer)}`);
  }

  async wake(node) {
    const sent = `Waking ${node}: sent, waiting for it to answer…`;
    const about = `wake ${node}`;
    const answer = await this.send('act', { tool: 'wake_node', arguments: { node } }, { waitMs: WAKE_MS, sent, about });
    this.tell(about, answer.ok ? '' : `${node} was not woken: ${saysOf(answer)}`);
    if (!answer.ok) jarvis.notify('not-woken', { node });
  }

  open() {
    this.closed = new AbortController();
    this.before = document.activeElement;
    setAttr(this.none, 'hidden', this.meta.passkey !== false);
    setText(this.says, '');
    this.submit.disabled = false;
    setAttr(this.dialog, 'hidden', false);
    this.passkey.focus();
  }

  close() {
    this.closed?.abort();
    this.passkey.value = '';
    setAttr(this.dialog, 'hidden', true);
    if (this.before?.isConnected) this.before.focus({ preventScroll: true });
  }

  async ask() {
    const passkey = this.passkey.value;
    const { signal } = this.closed;
    this.passkey.value = '';
    this.submit.disabled = true;
    setText(this.says, 'Checking…');
    const waits = (still) => setText(this.says, still ? NOT_SENT : 'Checking…');
    const answer = await ask('open-override', { passkey, minutes: Number(this.minutes.value) }, undefined, { waits, signal });
    if (signal.aborted) return; // the dialog that asked is gone; the strip tells where it is open all the same
    this.submit.disabled = false;
    if (answer.ok) this.close();
    else {
      setText(this.says, saysOf(answer));
      this.passkey.focus();
    }
  }

  key(event) {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.close();
      return;
    }
    if (event.key !== 'Tab') return;
    const stops = [...this.form.querySelectorAll('input,select,button,a')].filter((stop) => !stop.disabled && stop.offsetParent);
    const [first, last] = [stops[0], stops.at(-1)];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  }

  destroy() {
    this.offs.forEach((off) => off());
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.switches = new Switches(this.$el);
  },
  beforeUnmount() {
    this.switches.destroy();
  },
};
