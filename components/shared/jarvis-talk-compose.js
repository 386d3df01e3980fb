// Where one writes: grows with its text, keeps drafts over a reload, completes commands, says who shall answer.

import { el, setAttr, setText } from 'jarvis-dom';

const PICKS = [['auto', 'Auto'], ['claude', 'Claude'], ['local', 'Local'], ['direct', 'No model'], ['harder', 'Think harder']];
/** Whose model each of them asks, and how it is called where there is none. */
const ASKS = { claude: ['claude', 'Claude'], local: ['local', 'local model'], harder: ['claude', 'Claude to think harder'] };
/** Where Enter makes a new line, since such a keyboard has no Shift to make one with. */
const touch = window.matchMedia('(hover: none) and (pointer: coarse)');

/** What begins with a slash and is no message; // stands for a message that begins with one. */
export const COMMANDS = [
  { name: 'status', hint: 'how the cluster is', says: 'How is the cluster?' },
  { name: 'model', hint: 'who answers: auto, claude, local, direct, harder', takes: PICKS.map(([key]) => key) },
  { name: 'cost', hint: 'what answers have cost', goes: '/costs' },
  { name: 'sessions', hint: 'the conversations there are', does: 'sessions' },
  { name: 'new', hint: 'begin a new conversation', does: 'new' },
  { name: 'export', hint: 'this conversation as a file: markdown or json', takes: ['markdown', 'json'] },
  { name: 'help', hint: 'what can be said here', does: 'help' },
];

/** {command, rest} of '/model claude'; {text} of a message; {unknown} of a command there is none of. */
export function parseLine(line) {
  const text = line.trim();
  if (text.startsWith('//')) return { text: text.slice(1) };
  if (!text.startsWith('/')) return { text };
  const [, name, rest] = /^\/(\S*)\s*(.*)$/s.exec(text);
  const command = COMMANDS.find((one) => one.name === name.toLowerCase());
  return command ? { command, rest: rest.trim() } : { unknown: name };
}

/** Keep a text over a reload, where the browser has room for it. */
function keepText(key, text) {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    localStorage.removeItem(key); // rather none than the half of yesterday's
  }
}

export class Compose {
  /** hooks: say(text, typed), stop(), command(command, rest), draft key of the conversation by draftKey(). */
  constructor(hooks) {
    this.hooks = hooks;
    this.field = el('textarea', {
      class: 'talk-field', rows: '1', placeholder: 'Ask, or type / for commands', 'aria-label': 'Message to Jarvis',
      autocomplete: 'off', 'aria-expanded': 'false', 'aria-controls': 'talk-commands',
    });
    this.options = PICKS.map(([value, text]) => el('option', { value, text }));
    this.pick = el('select', { class: 'field talk-pick', 'aria-label': 'Who answers' }, ...this.options);
    this.send = el('button', { type: 'submit', class: 'btn talk-send', text: 'Speak' });
    this.halt = el('button', { type: 'button', class: 'btn danger talk-stop', text: 'Stop', hidden: true, onclick: () => this.hooks.stop() });
    this.says = el('p', { class: 'talk-says warn', role: 'status' });
    this.list = el('ul', { class: 'talk-commands', id: 'talk-commands', role: 'listbox', 'aria-label': 'Commands', hidden: true });
    this.root = el('form', { class: 'talk-compose' }, this.list, this.says, el('div', { class: 'talk-line' }, el('span', { class: 'talk-caret', 'aria-hidden': 'true', text: '⌁' }), this.field, this.pick, this.halt, this.send));
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener('input', () => this.changed());
    this.field.addEventListener('keydown', (event) => this.key(event));
    this.pick.addEventListener('change', () => this.keepPick());
    this.found = [];
    this.at = 0;
    this.busy = false;
    this.off = [];
    // A text that came while the field was not shown, or narrower, has another height.
    this.widths = new ResizeObserver(() => this.growing());
    this.widths.observe(this.root);
    this.growing();
  }

  get picked() {
    return this.pick.value;
  }

  /** Take who is written after /model, and tell what came of it. */
  takePick(value) {
    if (!PICKS.some(([key]) => key === value)) this.tell(`There is no ${value}; write auto, claude, local, direct or harder.`, 'dim');
    else if (this.lacks(value)) this.tell(this.whyNot(value), 'dim');
    else {
      this.pick.value = value;
      this.keepPick();
      this.tell(`Who answers: ${value}.`, 'dim');
    }
  }

  /** Which providers are off, as rows of {name, because, remedy}; who was picked of them is so no longer. */
  tellOff(rows) {
    this.off = rows;
    PICKS.forEach(([value, text], index) => {
      const word = this.lacks(value);
      setText(this.options[index], word ? `${text} (${word})` : text);
      setAttr(this.options[index], 'disabled', Boolean(word));
    });
    this.settlePick();
  }

  settlePick() {
    const { picked } = this;
    if (!this.lacks(picked)) return;
    [this.pick.value] = PICKS[0];
    this.keepPick();
    this.tell(`${this.whyNot(picked)} Auto decides who answers.`);
  }

  offOf(value) {
    return this.off.find((row) => row.name === ASKS[value]?.[0]);
  }

  /** In a word why that one cannot be picked; empty when it can. A remedy is a setting to make. */
  lacks(value) {
    const row = this.offOf(value);
    return row ? (row.remedy ? 'not set up' : 'off') : '';
  }

  whyNot(value) {
    const { remedy, because } = this.offOf(value);
    const why = remedy || because || 'it is off';
    return `There is no ${ASKS[value][1]}: ${why[0].toLowerCase()}${why.slice(1).replace(/\.$/, '')}.`;
  }

  setBusy(busy) {
    this.busy = busy;
    this.label();
  }

  /** While an answer comes it can be stopped, and with a draft something else be said. */
  label() {
    const held = [this.halt, this.send].find((button) => button === document.activeElement);
    setAttr(this.halt, 'hidden', !this.busy);
    setAttr(this.send, 'hidden', this.busy && !this.field.value.trim());
    // Under a finger that would bring up the keyboard, which nobody asked for.
    if (held?.hidden && !touch.matches) this.focus();
  }

  /** Take up the draft of a conversation, and who was picked to answer in it. */
  load() {
    this.field.value = localStorage.getItem(this.hooks.draftKey()) ?? '';
    this.pick.value = localStorage.getItem(this.pickKey) ?? PICKS[0][0];
    this.settlePick();
    this.growing();
    this.label();
  }

  keep() {
    keepText(this.hooks.draftKey(), this.field.value);
  }

  get pickKey() {
    return `${this.hooks.draftKey()}.picked`;
  }

  keepPick() {
    keepText(this.pickKey, this.picked === PICKS[0][0] ? '' : this.picked);
  }

  /** What was begun under that key has a name of its own now. */
  moved(from) {
    if (from === this.hooks.draftKey()) return;
    keepText(from, '');
    keepText(`${from}.picked`, '');
    this.keep();
    this.keepPick();
  }

  /** Let go of what is kept of this conversation. */
  forget() {
    keepText(this.hooks.draftKey(), '');
    keepText(this.pickKey, '');
  }

  /** What could not be said, back in the field before what was written since; or in the draft of that key. */
  restore(text, draft = null) {
    if (!text) return;
    const since = draft ? localStorage.getItem(draft) : this.field.value;
    const whole = [text, since].filter(Boolean).join('\n');
    if (draft && draft !== this.hooks.draftKey()) keepText(draft, whole);
    else this.put(whole);
  }

  put(text) {
    this.field.value = text;
    this.changed();
  }

  /** A text to go on from, after what is written already; a command does not go with a draft. */
  offer(text) {
    const draft = this.field.value.trimEnd();
    if (draft && text.startsWith('/')) this.pick.focus();
    else {
      this.put(draft ? `${draft}\n${text}` : text);
      this.focus();
    }
  }

  tell(text, tone = 'warn') {
    setText(this.says, text);
    setAttr(this.says, 'class', `talk-says ${tone}`);
  }

  /** What is told above the field. */
  get told() {
    return this.says.textContent;
  }

  changed() {
    this.hooks.listening(this.field.value.trim() !== '');
    this.keep();
    this.growing();
    this.label();
    this.complete();
    if (this.told) this.tell('');
  }

  growing() {
    this.root.style.minHeight = `${this.root.offsetHeight}px`; // so that measuring moves nothing around it
    this.field.style.height = 'auto';
    this.field.style.height = `${Math.min(this.field.scrollHeight || 24, 180)}px`;
    this.root.style.minHeight = '';
  }

  complete() {
    const { value } = this.field;
    const typed = /^\/([a-z]*)$/i.exec(value);
    const taking = /^\/(\w+)\s+(\S*)$/.exec(value);
    if (typed) this.found = COMMANDS.filter((one) => one.name.startsWith(typed[1].toLowerCase())).map((one) => ({ text: `/${one.name}${one.takes ? ' ' : ''}`, label: `/${one.name}`, hint: one.hint }));
    else if (taking) {
      const command = COMMANDS.find((one) => one.name === taking[1]);
      this.found = (command?.takes ?? []).filter((word) => word.startsWith(taking[2])).map((word) => ({ text: `/${command.name} ${word}`, label: word, hint: this.lacks(word) }));
    } else this.found = [];
    this.at = 0;
    this.drawFound();
  }

  drawFound() {
    setAttr(this.list, 'hidden', this.found.length === 0);
    setAttr(this.field, 'aria-expanded', String(this.found.length > 0));
    this.list.replaceChildren(...this.found.map((one, index) => el('li', {
      role: 'option', id: `talk-command-${index}`, 'aria-selected': String(index === this.at), onclick: () => this.take(index),
    }, el('b', { text: one.label }), el('span', { text: one.hint }))));
    setAttr(this.field, 'aria-activedescendant', this.found.length ? `talk-command-${this.at}` : null);
  }

  take(index) {
    const one = this.found[index];
    if (!one) return;
    this.field.value = one.text;
    this.field.focus();
    this.changed();
    if (!one.text.endsWith(' ')) this.submit();
  }

  key(event) {
    if (event.isComposing) return;
    if (this.found.length && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      this.at = (this.at + (event.key === 'ArrowDown' ? 1 : -1) + this.found.length) % this.found.length;
      this.drawFound();
    } else if (this.found.length && event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault();
      this.field.value = this.found[this.at].text;
      this.changed();
    } else if (event.key === 'Escape' && this.found.length) {
      event.stopPropagation();
      this.found = [];
      this.drawFound();
    } else if (event.key === 'Escape' && this.busy) {
      event.stopPropagation();
      this.hooks.stop();
    } else if (event.key === 'Enter' && !event.shiftKey && (this.found.length || !touch.matches)) {
      event.preventDefault();
      if (this.found.length && this.field.value !== this.found[this.at].text) this.take(this.at);
      else this.submit();
    }
  }

  submit() {
    const parsed = parseLine(this.field.value);
    if (parsed.unknown !== undefined) {
      this.tell(`There is no command /${parsed.unknown}. Begin with // to say something that starts with a slash.`);
      return;
    }
    if (parsed.command) {
      this.clear();
      this.hooks.command(parsed.command, parsed.rest);
      return;
    }
    if (parsed.text) this.hooks.say(parsed.text, this.field.value);
  }

  clear() {
    this.field.value = '';
    this.found = [];
    this.drawFound();
    this.changed();
  }

  focus() {
    this.field.focus();
  }
}

