// What a person can do to a node, guest or event from its drawer. Each button is a tool call; the gate decides, and a
// question it has is answered here, below the buttons.

import { jarvis } from 'jarvis';
import { makeCard } from 'jarvis-approval';
import { ask, NOT_SENT, saysOf } from 'jarvis-asking';
import { el, setAttr, setText } from 'jarvis-dom';
import { sentence } from 'jarvis-panel';

const WAIT_MS = 330_000;

const vmid = (row) => ({ guest: String(row.vmid) });
const node = (row) => ({ node: row.name });

/** [verb, tool, arguments(row), tone]; what makes sense in the state the thing is in. What is protected holds all of them. */
function guestActs(row) {
  if (row.template) return [];
  if (row.state === 'stopped') return [['Start', 'start_guest', vmid, 'go'], ['Take snapshot', 'create_snapshot', snapshotOf], ['Back up', 'start_backup', vmid]];
  if (row.state === 'paused') return [['Resume', 'resume_guest', vmid, 'go'], ['Stop', 'stop_guest', vmid, 'danger']];
  if (row.state !== 'running') return [];
  return [
    ['Shut down', 'shutdown_guest', vmid, 'danger'], ['Reboot', 'reboot_guest', vmid, 'danger'], ['Stop', 'stop_guest', vmid, 'danger'],
    ['Take snapshot', 'create_snapshot', snapshotOf], ['Back up', 'start_backup', vmid],
  ];
}

function snapshotOf(row) {
  const at = new Date(jarvis.now() * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
  return { ...vmid(row), name: `jarvis${at}` };
}

function nodeActs(row) {
  const acts = [];
  if (row.state === 'online') acts.push(['Reboot', 'reboot_node', node, 'danger'], ['Shut down', 'shutdown_node', node, 'danger']);
  else acts.push(['Wake', 'wake_node', node, 'go']);
  if (row.fingerprint && row.ssh === 'key unknown') {
    acts.push(['Trust its host key', 'trust_host_key', (own) => ({ node: own.name, fingerprint: own.fingerprint })]);
  }
  return acts;
}

/** Only what wants somebody's attention can be taken note of. */
function eventActs(row) {
  if (row.acked || !['alarm', 'warning'].includes(row.severity)) return [];
  return [['Acknowledge', 'acknowledge_event', (own) => ({ event: own.id })]];
}

const ACTS = { guest: guestActs, node: nodeActs, event: eventActs };
const ENDS_NODE = ['reboot_node', 'shutdown_node'];
const isHeld = (kind, tool) => kind === 'guest' || ENDS_NODE.includes(tool);

/** The section of a drawer; draw(kind, row) keeps its buttons to the state, clear() forgets what was answered. */
export class DrawerActs {
  constructor() {
    this.buttons = el('div', { class: 'drawer-acts-buttons' });
    this.held = el('p', { class: 'drawer-acts-held', id: 'drawer-acts-held', hidden: true });
    this.says = el('p', { class: 'drawer-acts-says', role: 'status' });
    this.place = el('div', { class: 'drawer-acts-card' });
    this.root = el('section', { class: 'drawer-section drawer-acts', 'aria-label': 'Acts', hidden: true }, this.buttons, this.held, this.says, this.place);
    this.key = '';
    this.of = null; // whose acts these are
    this.waits = null; // the act that was asked for last here, until it is answered; not sent yet, it is let go of with the drawer
    this.card = null;
    this.offs = [jarvis.on('gate', () => this.follow()), jarvis.on('second', () => this.card?.tick())];
  }

  clear() {
    this.key = '';
    this.of = null;
    this.approval = null;
    this.waits?.dropped.abort();
    this.waits = null;
    this.letGo();
    setText(this.says, '');
    setAttr(this.root, 'hidden', true);
  }

  draw(kind, row) {
    const acts = ACTS[kind]?.(row) ?? [];
    const terminal = this.terminalOf(kind, row);
    setAttr(this.root, 'hidden', !acts.length && !terminal && !this.says.textContent);
    this.row = row;
    this.of = `${kind}/${row.vmid ?? row.name ?? row.id}`;
    const key = JSON.stringify([acts.map(([verb]) => verb), Boolean(terminal), this.of, row.held]);
    if (key === this.key) return;
    this.key = key;
    const why = row.held && acts.some(([, tool]) => isHeld(kind, tool)) ? sentence(row.held) : '';
    setAttr(this.held, 'hidden', !why);
    setText(this.held, why);
    const left = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(
      ...(kind !== 'event' && document.querySelector('.hud-talk') ? [el('button', { type: 'button', class: 'btn', text: 'Ask about it', onclick: () => this.askAbout(kind) })] : []),
      ...(terminal ? [el('button', { type: 'button', class: 'btn', text: 'Terminal', onclick: terminal })] : []),
      ...acts.map(([verb, tool, argumentsOf, tone]) => (why && isHeld(kind, tool)
        ? el('button', { type: 'button', class: `btn ${tone ?? ''}`, text: verb, title: why, 'aria-disabled': 'true', 'aria-describedby': this.held.id })
        : el('button', { type: 'button', class: `btn ${tone ?? ''}`, text: verb, onclick: () => this.act(verb, tool, argumentsOf(this.row)) }))));
    this.lock(this.waits !== null);
    if (left) this.keepFocus(this.buttons.firstElementChild);
  }

  /** A button that was used and is gone leaves the keyboard at the head of the drawer. */
  keepFocus(button) {
    const stop = button?.isConnected ? button : this.root.closest('[role="dialog"]')?.querySelector('h2');
    stop?.focus({ preventScroll: true });
  }

  terminalOf(kind, row) {
    if (!document.querySelector('.hud-terminal')) return null;
    if (kind === 'node' && row.state === 'online') return () => this.openTerminal({ node: row.name });
    if (kind === 'guest' && row.state === 'running' && !row.template) return () => this.openTerminal({ node: this.row.node, guest: row.vmid });
    return null;
  }

  askAbout(kind) {
    const { row } = this;
    jarvis.action('close-drawer');
    jarvis.action('talk-ask', { text: kind === 'node' ? `How is node ${row.name}?` : `How is ${row.name ?? 'guest'} (${row.vmid})?` });
  }

  openTerminal(place) {
    jarvis.action('close-drawer');
    jarvis.action('tab', { key: 'terminal' });
    jarvis.action('open-terminal', place);
  }

  async act(verb, tool, args) {
    const { of } = this;
    const used = document.activeElement;
    const mine = (this.waits = { dropped: new AbortController() });
    this.letGo();
    this.keepFocus(null); // a button that is locked hears no key, and Escape is to close the drawer
    const rest = document.activeElement;
    this.lock(true);
    const sent = `${verb}: sent…`;
    this.say(sent);
    const waits = (still) => this.say(still ? NOT_SENT : sent);
    const answer = await ask('act', { tool, arguments: args }, WAIT_MS, { waits, signal: mine.dropped.signal });
    // Another subject may be open by now, or another act be awaited.
    if (this.of !== of || (this.waits && this.waits !== mine)) return;
    this.waits = null;
    this.lock(false);
    if ([document.body, rest].includes(document.activeElement)) this.keepFocus(used);
    if (answer.approval && answer.outcome === 'waiting') {
      this.say('');
      this.approval = answer.approval;
      this.follow();
      return;
    }
    this.say(answer.ok ? answer.text.split('\n')[0] : saysOf(answer), answer.ok ? 'ok' : 'warn');
  }

  /** Show the question that waits, and when it is over what became of it. */
  follow() {
    if (!this.approval) return;
    const row = jarvis.panel('gate').rows.get(this.approval);
    if (!row) return;
    if (row.state === 'pending' || row.state === 'approved') {
      if (this.card) this.card.draw(row);
      else {
        this.card = makeCard(row);
        this.place.append(this.card.root);
        this.card.focus();
      }
      return;
    }
    this.letGo();
    this.approval = null;
    const done = row.state === 'spent' && (row.outcome === 'done' || row.outcome === 'empty');
    this.say(row.told || row.state, done ? 'ok' : 'warn');
  }

  letGo() {
    this.card?.destroy();
    this.card = null;
  }

  say(text, tone = 'dim') {
    setText(this.says, text);
    setAttr(this.says, 'class', `drawer-acts-says ${tone}`);
  }

  lock(locked) {
    for (const button of this.buttons.children) button.disabled = locked;
  }

  destroy() {
    this.offs.forEach((off) => off());
    this.letGo();
  }
}
