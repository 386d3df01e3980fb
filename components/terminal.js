// The panel of terminals: tabs, the screen that is seen, and what is said where there is none.

import { h } from 'vue';
import { loadResource } from '../../static/utils/resources.js';
import { jarvis } from 'jarvis';
import { el, setAttr, setText, svg } from 'jarvis-dom';
import { makeFind } from 'terminal_find';
import { makeHelp } from 'terminal_help';
import { makeKeys } from 'terminal_keys';
import { makeMenu } from 'terminal_menu';
import { makeSays, sayOf } from 'terminal_says';
import { Screen } from 'terminal_screen';
import { placeTold, standing, tabsOf } from 'terminal_tabs';

const KEPT = { font: 'jarvis-terminal-font', tab: 'jarvis-terminal-tab' };
const FONT = { usual: window.innerWidth > 1500 ? 13 : 12, least: 8, most: 28 };
const FONTS_WITHIN_MS = 1_500;
// What is said of a terminal's place; its figures are not.
const PLACE = ['key', 'name', 'node', 'state', 'since', 'seen'];
const TYPES = 'input,select,textarea:not(.xterm-helper-textarea),[role="dialog"] *,dialog *';
const FOCUSABLE = 'button:not([disabled]),a[href],input,select,textarea,[tabindex="0"]';
const WIDER = 'M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5L9 7M2.5 13.5L7 9';
const NARROWER = 'M9 3v4h4M7 13v-4H3M9 7l4.5-4.5M7 9l-4.5 4.5';

let serial = 0;

function glyph(path) {
  return svg('svg', { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' }, svg('path', { d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.4 }));
}

function recall(store, key) {
  try {
    return store.getItem(key);
  } catch {
    return null;
  }
}

function keep(store, key, value) {
  try {
    store.setItem(key, value);
  } catch {
    // A browser that keeps nothing shows the usual size and the first tab.
  }
}

export class Terminals {
  constructor(host) {
    this.rows = [];
    this.tabs = [];
    this.screens = new Map();
    this.woken = new Set();
    this.key = recall(sessionStorage, KEPT.tab);
    this.font = Number(recall(localStorage, KEPT.font)) || FONT.usual;
    this.granted = false;
    this.build(host);
    this.offs = [
      jarvis.onAction('open-terminal', (args) => this.asking(args)),
      jarvis.onAction('wake-node', ({ node }) => this.waking(node)),
      jarvis.on('not-woken', ({ node }) => this.woken.delete(node) && this.draw()),
      jarvis.on('tell:terminals', (told) => this.take(told)),
      jarvis.on('nodes', (change) => jarvis.touches(change, PLACE) && this.draw()),
      jarvis.on('guests', (change) => jarvis.touches(change, PLACE) && this.drawMenuless()),
      jarvis.on('tab', () => requestAnimationFrame(() => {
        this.fit();
        this.reveal();
      })),
      jarvis.on('connection', ({ state }) => state === 'up' && jarvis.action('terminals')),
    ];
    this.sizes = new ResizeObserver(() => requestAnimationFrame(() => this.fit()));
    this.sizes.observe(this.stage);
    this.ready = this.loadFonts();
    jarvis.action('terminals');
    this.draw();
  }

  build(host) {
    const id = `terminals-${(serial += 1)}`;
    this.noteLead = el('span');
    this.noteMore = el('span', { class: 'term-note-more' });
    this.noteTail = el('span');
    this.note = el('span', { class: 'note' }, this.noteLead, this.noteMore, this.noteTail);
    this.tablist = el('div', { class: 'term-tabs', role: 'tablist', 'aria-label': 'Terminals' });
    const bar = el('div', { class: 'term-head' }, this.tablist);
    this.endMenu = makeMenu(bar, (place) => jarvis.action('open-terminal', place));
    const tool = (shown, label, fn) => el('button', { class: 'term-tool', type: 'button', 'aria-label': label, title: label, onclick: fn }, shown);
    this.wide = tool(glyph(WIDER), 'Show it over the whole page', () => this.widen());
    this.closing = tool(glyph('M4 4l8 8M12 4l-8 8'), 'Close this terminal', () => this.close());
    this.tools = el('div', { class: 'term-tools', role: 'group', 'aria-label': 'Of the terminal' },
      tool(glyph('M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M10.3 10.3L14 14'), 'Find in the terminal (Ctrl Shift F)', () => this.finder.open()),
      tool('A−', 'Smaller text (Ctrl −)', () => this.setFont(-1)), tool('A+', 'Larger text (Ctrl +)', () => this.setFont(1)), this.wide, this.closing);
    this.stage = el('div', { class: 'term-stage', role: 'tabpanel', id: `${id}-stage` });
    const body = el('div', { class: 'panel-body term-body' }, bar);
    this.root = el('section', { class: 'panel panel-terminal', 'aria-labelledby': id, 'data-state': 'ok' },
      el('header', { class: 'panel-h' }, el('h2', { id, text: 'Terminal' }), el('span', { class: 'rule' }), this.tools, this.note), body);
    this.finder = makeFind(body, () => this.seen);
    body.append(this.stage);
    this.help = makeHelp(this.stage, body, {
      id, recall: (key) => recall(localStorage, key), keep: (key, value) => keep(localStorage, key, value),
      switched: (aloud) => this.screens.forEach(({ terminal }) => (terminal.options.screenReaderMode = aloud)),
    });
    this.keys = makeKeys(body, () => this.seen);
    this.say = makeSays(this.stage, (name, args) => this.act(name, args), () => this.fit());
    this.tablist.addEventListener('keydown', (event) => this.tabKey(event));
    this.tablist.addEventListener('click', (event) => this.tabClick(event));
    this.tablist.addEventListener('auxclick', (event) => {
      const found = this.tabs.find(({ key }) => key === event.target.closest('[role=tab]')?.dataset.key);
      if (event.button === 1 && found?.terminal) jarvis.action('close-terminal', { id: found.terminal.id });
    });
    host.append(this.root);
  }

  async loadFonts() {
    const late = new Promise((resolve) => setTimeout(resolve, FONTS_WITHIN_MS));
    await Promise.race([Promise.all([document.fonts.load('13px "JetBrains Mono"'), document.fonts.load('500 13px "JetBrains Mono"')]), late]);
    this.fontsLoaded = true;
    this.draw();
  }

  /** The tab that is chosen; where it is gone, one of the same node, else the first. */
  get tab() {
    const chosen = this.tabs.find(({ key }) => key === this.key);
    if (chosen) this.node = chosen.node;
    return chosen ?? this.tabs.find(({ node }) => node === this.node) ?? this.tabs[0] ?? null;
  }

  get seen() {
    const row = this.tab?.terminal;
    return row ? this.screens.get(row.id) ?? null : null;
  }

  nodeOf(tab) {
    return tab ? jarvis.panel('nodes').rows.get(tab.node) : undefined;
  }

  /** Somebody wishes for a terminal; what the panel knows of its size goes along to the server. */
  asking(args) {
    args.guest ??= null;
    args.ask = `${Date.now()}-${(serial += 1)}`;
    const { terminal } = this.seen ?? {};
    args.cols = terminal?.cols ?? Math.max(20, Math.floor((this.stage.clientWidth - 24) / (this.font * 0.6)) || 80);
    args.rows = terminal?.rows ?? Math.max(6, Math.floor((this.stage.clientHeight - 16) / (this.font * 1.5)) || 24);
    this.refusal = null;
    jarvis.action('tab', { key: 'terminal' });
    if (args.guest === null) this.choose(this.tabs.find((tab) => tab.node === args.node && tab.guest === null && !tab.terminal)?.key ?? this.key);
    this.asked = { ask: args.ask, node: args.node, guest: args.guest, key: this.key };
    if (document.activeElement?.matches(TYPES)) document.activeElement.blur(); // the keyboard is to come to it
  }

  waking(node) {
    this.woken.add(node);
    this.draw();
  }

  /** The server tells which terminals there are, and what became of a wish. */
  take({ list, asked }) {
    this.rows = list;
    if (list.some((row) => row.opened)) this.granted = true;
    if (asked && asked.ask === this.asked?.ask) {
      // Who has chosen another tab since stays there.
      if (asked.id && this.asked.key !== this.key) this.focusOn = null;
      else if (asked.id) {
        this.key = asked.id;
        keep(sessionStorage, KEPT.tab, asked.id);
        this.focusOn = asked.id;
      } else this.refusal = { ...asked, node: this.asked.node };
      this.asked = null;
    }
    this.draw();
  }

  draw() {
    const nodes = jarvis.rows('nodes');
    for (const { name, state } of nodes) if (state !== 'down') this.woken.delete(name);
    this.tabs = tabsOf(nodes, this.rows);
    this.matchScreens();
    this.drawTabs();
    this.drawSeen();
  }

  drawMenuless() {
    if (this.rows.some((row) => row.guest !== null)) this.draw();
  }

  /** A screen for every terminal that has, or will have, one. */
  matchScreens() {
    if (!this.fontsLoaded) return;
    const alive = new Set(this.rows.map((row) => row.id));
    for (const [id, screen] of this.screens) {
      if (alive.has(id)) continue;
      screen.destroy();
      this.screens.delete(id);
    }
    for (const row of this.rows) {
      if (this.screens.has(row.id)) continue;
      this.screens.set(row.id, new Screen(this.stage, {
        id: row.id, where: placeTold(row), fontSize: this.font, aloud: this.help.aloud, hints: this.help.id,
      }, {
        changed: () => this.drawSoon(), leave: (direction) => this.leave(direction),
        find: () => this.finder.open(), font: (step) => this.setFont(step),
      }));
    }
  }

  drawSoon() {
    this.soon ??= requestAnimationFrame(() => {
      this.soon = null;
      this.draw();
    });
  }

  drawTabs() {
    const kept = new Map([...this.tablist.children].map((child) => [child.dataset.key, child]));
    this.tabs.forEach((tab, index) => {
      const chosen = tab === this.tab;
      const { sign, word, tone } = standing(tab, this.nodeOf(tab), this.screens.get(tab.terminal?.id));
      const button = kept.get(tab.key) ?? el('button', {
        class: 'tab', type: 'button', role: 'tab', 'data-key': tab.key, 'aria-controls': this.stage.id,
      }, el('span', { class: 'term-sign', 'aria-hidden': 'true' }), el('span'));
      kept.delete(tab.key);
      setText(button.firstElementChild, sign);
      setAttr(button.firstElementChild, 'class', `term-sign ${tone}`);
      setText(button.lastElementChild, tab.label);
      setAttr(button, 'aria-selected', chosen ? 'true' : 'false');
      setAttr(button, 'tabindex', chosen ? '0' : '-1');
      setAttr(button, 'aria-label', `${tab.label}, ${word}`);
      setAttr(button, 'title', tab.terminal ? `${placeTold(tab)}: ${word}` : word);
      setAttr(button, 'data-open', tab.terminal ? 'true' : null);
      if (this.tablist.children[index] !== button) this.tablist.insertBefore(button, this.tablist.children[index] ?? null);
    });
    const held = [...kept.values()].includes(document.activeElement);
    for (const left of kept.values()) left.remove();
    if (held) this.tablist.querySelector('[aria-selected="true"]')?.focus();
    if (this.shownKey !== this.tab?.key) this.reveal();
    this.shownKey = this.tab?.key;
  }

  reveal() {
    this.tablist.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  drawSeen() {
    const { tab, seen } = this;
    const node = this.nodeOf(tab);
    const row = tab?.terminal;
    const said = sayOf(tab, node, seen, this.woken, this.refusal, jarvis.panel('nodes').rows.size);
    const living = row && (row.state === 'open' || row.opened);
    for (const [id, screen] of this.screens) screen.show(Boolean(living) && id === row.id);
    this.say(said);
    setAttr(this.stage, 'aria-label', tab ? `Terminal ${tab.label}` : 'Terminal');
    setAttr(this.root, 'data-living', living && !said ? 'true' : null);
    for (const button of this.tools.children) setAttr(button, 'disabled', !row && button !== this.wide);
    setAttr(this.closing, 'aria-label', row ? `Close the terminal on ${placeTold(tab)}` : 'Close this terminal');
    this.drawNote(row);
    setAttr(this.note, 'title', row?.fingerprint ? `Host key of ${row.node}: ${row.fingerprint}` : null);
    this.keys.refresh();
    if (living && row.state === 'open' && this.focusOn === row.id && seen?.isReady) {
      this.focusOn = null;
      // It may have waited for minutes: what is being typed elsewhere must not land in it.
      if (!document.activeElement?.matches(TYPES)) seen.focus();
    }
  }

  /** `ssh · host key pinned`, or `ssh · 2 open` where the tab that is seen is not. */
  drawNote(row) {
    const open = this.rows.filter(({ state }) => state === 'open').length;
    const pinned = row?.state === 'open' && row.fingerprint;
    setText(this.noteLead, pinned ? 'ssh ·' : open && row?.state !== 'open' ? `ssh · ${open} open` : 'ssh');
    setText(this.noteMore, pinned ? ' host' : '');
    setText(this.noteTail, pinned ? ' key pinned' : '');
  }

  choose(key) {
    this.key = key;
    keep(sessionStorage, KEPT.tab, key);
    this.draw();
  }

  tabClick(event) {
    const key = event.target.closest('[role=tab]')?.dataset.key;
    if (!key) return;
    this.choose(key);
    const { tab } = this;
    if (tab.terminal) this.seen?.focus();
    else if (this.granted && this.nodeOf(tab)?.state !== 'down') jarvis.action('open-terminal', { node: tab.node, guest: tab.guest });
  }

  tabKey(event) {
    const at = this.tabs.indexOf(this.tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.tabs.length - 1 }[event.key];
    if (event.key === 'Delete' && this.tab?.terminal) this.close();
    else if (to === undefined) return;
    else this.choose(this.tabs[(to + this.tabs.length) % this.tabs.length].key);
    event.preventDefault();
    this.tablist.querySelector('[aria-selected="true"]')?.focus();
  }

  act(name, args) {
    if (name !== 'reopen') {
      jarvis.action(name, args);
      return;
    }
    const row = this.rows.find(({ id }) => id === args.id);
    if (!row) return;
    jarvis.action('close-terminal', { id: row.id });
    jarvis.action('open-terminal', { node: row.node, guest: row.guest });
  }

  close() {
    const row = this.tab?.terminal;
    if (row) jarvis.action('close-terminal', { id: row.id });
    this.tablist.querySelector('[aria-selected="true"]')?.focus();
  }

  /** Out of the terminal by the keyboard: to its tab, or to what comes after the panel. */
  leave(direction) {
    if (direction < 0) {
      this.tablist.querySelector('[aria-selected="true"]')?.focus();
      return;
    }
    const all = [...document.querySelectorAll(FOCUSABLE)].filter((stop) => stop.getClientRects().length && stop.tabIndex >= 0);
    const last = all.findLastIndex((stop) => this.root.contains(stop));
    (all[last + 1] ?? all[0])?.focus();
  }

  setFont(step) {
    this.font = step ? Math.max(FONT.least, Math.min(FONT.most, this.font + step)) : FONT.usual;
    keep(localStorage, KEPT.font, this.font);
    for (const screen of this.screens.values()) screen.setFont(this.font);
  }

  widen() {
    const wide = this.root.classList.toggle('term-wide');
    document.body.classList.toggle('term-widened', wide);
    setAttr(this.wide, 'aria-pressed', wide ? 'true' : 'false');
    setAttr(this.wide, 'aria-label', wide ? 'Put it back into its column' : 'Show it over the whole page');
    setAttr(this.wide, 'title', this.wide.getAttribute('aria-label'));
    this.wide.replaceChildren(glyph(wide ? NARROWER : WIDER));
    this.seen?.focus();
  }

  fit() {
    const { seen } = this;
    if (seen?.writing) seen.fit();
  }

  destroy() {
    this.offs.forEach((off) => off());
    this.help.destroy();
    this.endMenu();
    this.sizes.disconnect();
    for (const screen of this.screens.values()) screen.destroy();
    this.root.remove();
  }
}

export default {
  props: { resourcePath: String },
  render() {
    return h('div');
  },
  mounted() {
    // The prefix is known a moment later.
    this.$nextTick(() => loadResource(`${window.path_prefix}${this.resourcePath}/xterm.css`));
    this.terminals = new Terminals(this.$el);
  },
  beforeUnmount() {
    this.terminals.destroy();
  },
};
