// The command palette: Ctrl K finds any node, guest, storage or command by a few letters.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { prepared, search } from 'jarvis-search';
import { percent } from 'jarvis-format';

const SHOWN = 12;
const GUEST_WORDS = { running: 'running', paused: 'paused', stopped: 'off', unknown: 'not known' };
const GUEST_TONES = { running: 'ok', paused: 'warn' };

function talkCommand(name) {
  jarvis.action('tab', { key: 'talk' });
  jarvis.action('talk-command', { name });
}

function commands() {
  const reduced = document.documentElement.dataset.effects === 'reduced';
  const submit = (path) => document.querySelector(`form[action="${path}"]`)?.requestSubmit();
  const list = [
    { label: 'New conversation', keys: ['/new', 'talk', 'chat'], hint: '/new', run: () => talkCommand('new'), mark: '.hud-talk' },
    { label: 'Conversations', keys: ['/sessions', 'talk', 'history'], hint: '/sessions', run: () => talkCommand('sessions'), mark: '.hud-talk' },
    { label: 'Ask how the cluster is', keys: ['/status'], hint: '/status', run: () => talkCommand('status'), mark: '.hud-talk' },
    { label: 'Costs', keys: ['/cost', 'money', 'tokens'], hint: '/cost', run: () => window.location.assign('/costs'), mark: '.hud-talk' },
    { label: 'Who answers', keys: ['/model', 'claude', 'local'], hint: '/model', run: () => jarvis.action('talk-ask', { text: '/model ' }), mark: '.hud-talk' },
    { label: 'Take the conversation away', keys: ['/export', 'markdown', 'save'], hint: '/export', run: () => talkCommand('export'), mark: '.hud-talk' },
    { label: 'What can be said', keys: ['/help'], hint: '/help', run: () => talkCommand('help'), mark: '.hud-talk' },
    { label: 'Stand down', keys: ['kill', 'stop', 'halt'], hint: 'stops all that acts on its own', run: () => jarvis.action('ask-stand-down'), mark: '.hud-switches' },
    { label: 'Approvals', keys: ['approve', 'questions', 'waits'], hint: 'what waits for you, and what was decided', run: () => jarvis.action('approvals'), mark: '.hud-approvals' },
    { label: 'Override', keys: ['passkey', 'black'], hint: 'for minutes, with the passkey', run: () => jarvis.action('ask-override'), mark: '.hud-switches' },
    { label: 'Audit', keys: ['record', 'log', 'who'], hint: 'who did what', run: () => window.location.assign('/audit'), mark: '.hud-switches' },
    { label: 'Account', keys: ['password', 'sessions', 'passkey'], hint: 'password, sessions, passkey', run: () => window.location.assign('/account'), mark: '.hud-switches' },
    {
      label: reduced ? 'Full effects' : 'Reduced effects', keys: ['motion', 'animation', 'effects'],
      hint: reduced ? 'motion and glow' : 'no motion, no glow', run: () => {
        jarvis.setEffects(!reduced);
        jarvis.action('prefs', { name: 'reduced_effects', value: !reduced });
      },
    },
    { label: 'Sign out', keys: ['logout', 'log out'], hint: 'ends this session', run: () => submit('/logout'), needs: '/logout' },
    { label: 'Sign out everywhere', keys: ['logout', 'log out'], hint: 'ends every session of yours', run: () => submit('/logout-everywhere'), needs: '/logout-everywhere' },
    { label: 'Faults of the simulation', keys: ['simulate', 'simulation', 'fault'], hint: 'hurt the made-up cluster', run: () => jarvis.action('faults'), needs: null, mark: '.simulation-sheet' },
  ];
  return list
    .filter((command) => !command.needs || document.querySelector(`form[action="${command.needs}"]`))
    .filter((command) => !command.mark || document.querySelector(command.mark))
    .map((command) => ({ ...command, kind: 'command', sign: '›', tone: 'arc' }));
}

function subjects() {
  const open = (kind, id) => () => jarvis.action('open', { kind, id });
  const nodes = jarvis.rows('nodes').map((node) => ({
    kind: 'node', label: node.name, keys: ['node'], hint: node.state === 'online' ? `CPU ${percent(node.cpu)}` : node.state,
    sign: '◯', tone: node.state === 'online' ? 'arc' : 'alert', rank: 6, run: open('node', node.name),
  }));
  const guests = [...jarvis.panel('guests').rows.entries()].map(([key, guest]) => ({
    kind: 'guest', label: guest.name ?? `guest ${key}`, keys: [key, ...(guest.tags ?? [])],
    hint: `${guest.vmid} · ${guest.node} · ${guest.template ? 'template' : GUEST_WORDS[guest.state] ?? guest.state}`,
    sign: guest.prot ? '◈' : guest.state === 'running' ? '●' : '○', tone: GUEST_TONES[guest.state] ?? 'faint', rank: 3, run: open('guest', key),
  }));
  const storages = [...jarvis.panel('storage').rows.entries()].map(([key, storage]) => ({
    kind: 'storage', label: storage.label, keys: ['storage', storage.kind ?? ''], hint: storage.share === null || storage.share === undefined ? '' : `${percent(storage.share)} full`,
    sign: '▤', tone: storage.level === 'ok' ? 'arc' : storage.level === 'critical' ? 'alert' : storage.level === 'warning' ? 'warn' : 'faint', rank: 2, run: open('storage', key),
  }));
  return { nodes, guests: guests.sort((a, b) => (a.label < b.label ? -1 : 1)), storages };
}

export class Palette {
  constructor(host) {
    this.host = host;
    this.found = [];
    this.cost = { keys: 0, totalMs: 0, maxMs: 0 };
    this.build();
    this.offs = [jarvis.onAction('palette', () => this.open())];
    this.onKey = (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        if (this.root.hidden) this.open();
        else this.close();
      }
    };
    document.addEventListener('keydown', this.onKey);
  }

  build() {
    this.field = el('input', {
      class: 'palette-field', type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-autocomplete': 'list',
      'aria-label': 'Find a node, guest, storage or command', placeholder: 'Find a node, guest, storage or command',
      autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off',
    });
    this.list = el('ul', { class: 'palette-list', id: 'palette-list', role: 'listbox', 'aria-label': 'Found' });
    this.none = el('p', { class: 'palette-none', role: 'status' });
    const keys = el('p', { class: 'palette-keys', 'aria-hidden': 'true' },
      el('span', {}, el('kbd', { text: '↑' }), el('kbd', { text: '↓' }), ' choose'), el('span', {}, el('kbd', { text: 'Enter' }), ' open'), el('span', {}, el('kbd', { text: 'Esc' }), ' close'));
    this.sheet = el('div', { class: 'palette-sheet', role: 'dialog', 'aria-modal': 'true', 'aria-label': 'Command palette' }, this.field, this.list, this.none, keys);
    this.root = el('div', { class: 'palette', hidden: true }, el('div', { class: 'palette-scrim', onclick: () => this.close() }), this.sheet);
    this.field.addEventListener('input', () => this.find());
    this.root.addEventListener('keydown', (event) => this.key(event));
    this.list.addEventListener('pointermove', (event) => this.hover(event));
    this.list.addEventListener('click', (event) => {
      const at = [...this.list.children].indexOf(event.target.closest('.palette-item'));
      if (at >= 0) this.run(at);
    });
    this.host.append(this.root);
  }

  open() {
    if (!this.root.hidden) return;
    const { nodes, guests, storages } = subjects();
    this.entries = [...nodes, ...commands(), ...storages, ...guests].map(prepared);
    this.before = document.activeElement;
    setAttr(this.root, 'hidden', false);
    this.field.value = '';
    this.find();
    this.field.focus();
  }

  close(back = true) {
    if (this.root.hidden) return;
    setAttr(this.root, 'hidden', true);
    this.entries = [];
    if (back && this.before?.isConnected) this.before.focus({ preventScroll: true });
  }

  find() {
    const began = performance.now();
    this.found = search(this.entries, this.field.value, SHOWN);
    this.draw();
    this.choose(0);
    const took = performance.now() - began;
    this.cost.keys += 1;
    this.cost.totalMs += took;
    this.cost.maxMs = Math.max(this.cost.maxMs, took);
  }

  draw() {
    while (this.list.children.length > this.found.length) this.list.lastElementChild.remove();
    while (this.list.children.length < this.found.length) {
      this.list.append(el('li', { class: 'palette-item', role: 'option', id: `palette-${this.list.children.length}` },
        el('span', { 'aria-hidden': 'true' }), el('span', { class: 'palette-label' }), el('span', { class: 'palette-hint' }), el('span', { class: 'palette-kind' })));
    }
    this.found.forEach((entry, index) => {
      const [sign, label, hint, kind] = this.list.children[index].children;
      setText(sign, entry.sign);
      setAttr(sign, 'class', `palette-sign ${entry.tone}`);
      setText(label, entry.label);
      setText(hint, entry.hint);
      setText(kind, entry.kind);
    });
    setText(this.none, this.found.length ? '' : `Nothing here is called “${this.field.value.trim()}”.`);
  }

  choose(at) {
    this.at = this.found.length ? (at + this.found.length) % this.found.length : -1;
    [...this.list.children].forEach((item, index) => setAttr(item, 'aria-selected', String(index === this.at)));
    setAttr(this.field, 'aria-activedescendant', this.at < 0 ? null : `palette-${this.at}`);
  }

  hover(event) {
    const at = [...this.list.children].indexOf(event.target.closest('.palette-item'));
    if (at >= 0 && at !== this.at) this.choose(at);
  }

  key(event) {
    const to = { ArrowDown: this.at + 1, ArrowUp: this.at - 1 }[event.key];
    if (to !== undefined) {
      this.choose(to);
      this.list.children[this.at]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') this.run(this.at);
    else if (event.key === 'Escape') this.close();
    else if (event.key !== 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
  }

  run(at) {
    const entry = this.found[at];
    if (!entry) return;
    this.close();
    entry.run();
  }

  destroy() {
    this.offs.forEach((off) => off());
    document.removeEventListener('keydown', this.onKey);
    this.root.remove();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.palette = new Palette(this.$el);
  },
  beforeUnmount() {
    this.palette.destroy();
  },
};
