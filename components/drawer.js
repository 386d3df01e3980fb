// The drawer: everything about one node, guest, storage, task or event. Its address is in the location's hash, so
// that it can be linked and the back button closes it. Live figures come from the store; the rest is asked for.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { DrawerActs } from 'jarvis-drawer-acts';
import { Charts, USUAL_SPAN } from 'jarvis-drawer-charts';
import { EVENT_WORDS, fillEvents, fillLog, fillSnapshots, fillTasks, say, skeleton } from 'jarvis-drawer-lists';
import { CHARTS, eventFacts, guestFacts, nodeFacts, storageFacts, taskFacts } from 'jarvis-facts';
import { ago, clock } from 'jarvis-format';
import { sentence, stateOf, told } from 'jarvis-panel';
import { hashOf, parseSubject } from 'jarvis-subject';
import { taskObject, taskWord } from 'jarvis-task';

const PANELS = { node: 'nodes', guest: 'guests', storage: 'storage', task: 'tasks', event: 'feed' };
const WORDS = { node: 'node', guest: 'guest', storage: 'storage', task: 'task', event: 'event' };
const WIDE_FROM = 30;
const HISTORY_AGAIN_S = 60;
const LOG_AGAIN_S = 3;
const FOCUSABLE = 'button:not([disabled]),a[href],input,select,[tabindex="0"]';

function bare(kind, id) {
  return kind === 'storage' ? String(id).replace(/^storage\//, '') : String(id);
}

export class Drawer {
  constructor(host) {
    this.host = host;
    this.subject = null;
    this.span = USUAL_SPAN;
    this.charts = null;
    this.acts = new DrawerActs();
    this.build();
    this.offs = [
      jarvis.onAction('open', (asked) => this.show(asked)),
      jarvis.onAction('close-drawer', () => this.close()),
      jarvis.on('tell:drawer', (answer) => this.take(answer)),
      jarvis.on('tell:event', (row) => this.take({ kind: 'event', id: row.id, part: 'event', state: 'ok', row })),
      jarvis.on('second', () => this.tick()),
      ...['nodes', 'guests', 'storage', 'tasks', 'feed', 'connection'].map((topic) => jarvis.on(topic, () => this.refresh())),
    ];
    this.onHash = () => this.follow();
    window.addEventListener('hashchange', this.onHash);
    this.follow();
  }

  build() {
    this.title = el('h2', { class: 'drawer-title', id: 'drawer-title', tabindex: '-1' });
    this.sub = el('p', { class: 'drawer-sub' });
    this.stale = el('p', { class: 'drawer-stale warn', role: 'status', hidden: true });
    const close = el('button', { class: 'btn quiet drawer-close', type: 'button', 'aria-label': 'Close', text: 'Close', onclick: () => this.close() });
    this.body = el('div', { class: 'drawer-body' });
    this.sheet = el('div', { class: 'drawer-sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'drawer-title' },
      el('div', { class: 'drawer-head' }, el('div', {}, this.title, this.sub), close), this.stale, this.body);
    this.root = el('div', { class: 'drawer', hidden: true }, el('div', { class: 'drawer-scrim', onclick: () => this.close() }), this.sheet);
    this.root.addEventListener('keydown', (event) => this.key(event));
    this.host.append(this.root);
  }

  /** Show a subject; the action that brought us here has asked the server already. */
  show({ kind, id }) {
    if (this.closing) {
      this.next = { kind, id };
      return;
    }
    const subject = { kind, id: bare(kind, id) };
    const hash = hashOf(kind, subject.id);
    if (location.hash !== hash) {
      const drawer = { page: performance.timeOrigin, depth: this.depth + 1 };
      history.pushState({ ...history.state, drawer }, '', hash);
    }
    if (this.subject?.kind === kind && this.subject.id === subject.id) return;
    if (!this.subject) this.before = document.activeElement;
    this.subject = subject;
    this.answers = {};
    this.askedAt = jarvis.now();
    this.draw();
    // Whoever opens a subject has asked for the usual span, whatever was chosen here.
    if (this.charts && this.span !== USUAL_SPAN) this.askHistory();
    setAttr(this.root, 'hidden', false);
    document.body.classList.add('drawer-open');
    this.title.focus({ preventScroll: true });
  }

  /** Come to what the address says: a link, or the back and forward buttons. */
  follow() {
    const subject = parseSubject(location.hash);
    if (!subject) this.hide();
    else if (subject.kind !== this.subject?.kind || subject.id !== this.subject.id) jarvis.action('open', subject);
  }

  /** How many steps back the page was before anything was opened. */
  get depth() {
    const { page, depth } = history.state?.drawer ?? {};
    return page === performance.timeOrigin ? depth : 0;
  }

  close() {
    const { depth } = this;
    this.hide();
    if (depth > 0) {
      this.closing = true; // the way back takes a moment, and what is opened meanwhile comes after it
      window.addEventListener('popstate', () => this.closed(), { once: true });
      history.go(-depth);
    } else this.clearHash();
  }

  closed() {
    this.closing = false;
    this.clearHash();
    const { next } = this;
    this.next = null;
    if (next) this.show(next);
  }

  clearHash() {
    if (parseSubject(location.hash)) history.replaceState(history.state, '', location.pathname + location.search);
  }

  hide() {
    if (!this.subject) return;
    this.subject = null;
    this.acts.clear();
    this.charts?.clear();
    this.body.replaceChildren();
    setAttr(this.root, 'hidden', true);
    document.body.classList.remove('drawer-open');
    if (this.before?.isConnected) this.before.focus({ preventScroll: true });
    this.before = null;
  }

  key(event) {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.close();
    } else if (event.key === 'Tab') this.trap(event);
  }

  trap(event) {
    const stops = [...this.sheet.querySelectorAll(FOCUSABLE)].filter((stop) => stop.offsetParent !== null);
    const [first, last] = [stops[0], stops.at(-1)];
    const here = document.activeElement;
    if (event.shiftKey && (here === first || here === this.title)) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && here === last) {
      event.preventDefault();
      first?.focus();
    }
  }

  get row() {
    const { kind, id } = this.subject;
    const { rows } = jarvis.panel(PANELS[kind]);
    if (kind === 'storage') return rows.get(`storage/${id}`) ?? rows.get(`storage/${id.split('/').at(-1)}`);
    return rows.get(id) ?? this.answers[kind]?.row;
  }

  take(answer) {
    const { subject } = this;
    if (!subject || answer.kind !== subject.kind || bare(answer.kind, answer.id) !== subject.id) return;
    if (answer.part === 'history' && answer.span !== this.span) return;
    this.answers[answer.part] = answer;
    this.fill(answer.part);
    if (answer.part === 'task' || answer.part === 'event') this.refresh();
  }

  draw() {
    this.charts?.clear();
    const { kind } = this.subject;
    this.parts = {};
    this.acts.clear();
    const sections = [this.acts.root];
    if (kind === 'event') sections.push((this.sentence = el('p', { class: 'drawer-sentence' })));
    this.charts = CHARTS[kind] ? new Charts(CHARTS[kind], this.span, (key) => this.choose(key)) : null;
    if (this.charts) {
      this.parts.history = this.charts.place;
      sections.push(this.charts.root);
    }
    this.facts = el('dl', { class: 'kv drawer-facts' });
    sections.push(el('section', { class: 'drawer-section', 'aria-label': 'Facts' }, this.facts));
    if (kind === 'event') sections.push((this.leads = el('div', { class: 'drawer-leads' })));
    if (kind === 'task') sections.push(this.section('log', 'Log'));
    if (kind === 'guest') sections.push(this.section('snapshots', 'Snapshots'));
    if (kind === 'node' || kind === 'guest') sections.push(this.section('tasks', 'Tasks'));
    if (kind !== 'task' && kind !== 'event') sections.push(this.section('events', 'Events'));
    this.body.replaceChildren(...sections);
    this.body.scrollTop = 0;
    for (const part of Object.keys(this.parts)) this.fill(part);
    this.refresh();
  }

  section(part, title) {
    const body = el('div', { class: 'drawer-part' });
    const note = el('span', { class: 'note' });
    this.parts[part] = { body, note };
    return el('section', { class: 'drawer-section', 'aria-label': `${title} of this ${WORDS[this.subject.kind]}` },
      el('header', { class: 'panel-h' }, el('h2', { text: title }), el('span', { class: 'rule' }), note), body);
  }

  /** The live half: title, facts, tasks and events out of the store. */
  refresh() {
    if (!this.subject) return;
    const { kind, id } = this.subject;
    const { row } = this;
    setText(this.title, this.name(row));
    setText(this.sub, row ? this.told(row) : WORDS[kind]);
    this.refreshStale();
    if (!row) {
      this.refreshAbsent(kind, id);
      return;
    }
    this.acts.draw(kind, row);
    this.drawFacts(this.factsOf(row));
    if (kind === 'event') this.drawEvent(row);
    if (this.parts.tasks) this.fill('tasks');
    if (this.parts.events) this.fill('events');
  }

  refreshAbsent(kind, id) {
    const { meta } = jarvis.panel(PANELS[kind]);
    const asked = this.answers[kind];
    const waiting = stateOf(meta) === 'loading' || ((kind === 'task' || kind === 'event') && !asked);
    const text = waiting ? 'Reading…' : asked?.because ?? `There is no ${WORDS[kind]} ${id} in what Jarvis sees.`;
    this.facts.replaceChildren(el('p', { class: 'panel-says drawer-absent', text }));
  }

  refreshStale() {
    const { meta } = jarvis.panel(PANELS[this.subject.kind]);
    const stale = stateOf(meta) === 'stale';
    setAttr(this.stale, 'hidden', !stale);
    if (stale) setText(this.stale, `Figures are from ${clock(meta.as_of)}, ${ago(meta.as_of, jarvis.now())}.`);
  }

  name(row) {
    const { kind, id } = this.subject;
    if (kind === 'guest') return row?.name ?? `guest ${id}`;
    if (kind === 'storage') return row?.label ?? id;
    if (kind === 'task') return row ? `${taskWord(row.kind)} ${taskObject(row, jarvis.panel('guests').rows)}` : 'Task';
    if (kind === 'event') return 'Event';
    return id;
  }

  told(row) {
    switch (this.subject.kind) {
      case 'node': return [row.model, row.pve && `PVE ${row.pve}`, row.kernel && `kernel ${row.kernel}`].filter(Boolean).join(' · ') || 'node';
      case 'guest': return `${row.kind === 'lxc' ? 'container' : 'virtual machine'} ${row.vmid} on ${row.node}${row.prot ? ' · ◈ protected' : ''}`;
      case 'storage': return `${row.shared ? 'shared storage' : 'storage'} · ${row.kind ?? 'kind not known'}`;
      case 'task': return this.subject.id;
      default: return `${EVENT_WORDS[row.severity]?.[0] ?? row.severity} · ${ago(row.at, jarvis.now())}`;
    }
  }

  factsOf(row) {
    const now = jarvis.now();
    switch (this.subject.kind) {
      case 'node': return nodeFacts(row, now, jarvis.panel('nodes').meta.old_after);
      case 'guest': return guestFacts(row, now, this.answers.details?.details);
      case 'storage': return storageFacts(row);
      case 'task': return taskFacts(row, now, jarvis.panel('guests').rows);
      default: {
        const [text, tone] = EVENT_WORDS[row.severity] ?? [row.severity, 'dim'];
        return eventFacts(row, now, { text, tone });
      }
    }
  }

  drawFacts(facts) {
    const shown = facts.filter(([, value]) => value !== null && value !== undefined)
      .map(([label, value]) => [label, typeof value === 'object' ? value : { text: String(value) }]);
    const same = this.facts.children.length === shown.length * 2 && this.facts.firstElementChild?.tagName === 'DT';
    if (!same) {
      this.facts.replaceChildren(...shown.flatMap(() => [el('dt'), el('dd', {}, el('b'), el('i', { class: 'faint' }))]));
    }
    shown.forEach(([label, { text, tone, why }], index) => {
      const dt = this.facts.children[index * 2];
      const dd = this.facts.children[index * 2 + 1];
      setText(dt, label);
      const wide = String(text).length + (why ? why.length + 3 : 0) > WIDE_FROM;
      setAttr(dt, 'class', wide ? 'wide' : null);
      setAttr(dd, 'class', wide ? 'wide' : null);
      setText(dd.firstElementChild, text);
      setAttr(dd.firstElementChild, 'class', tone ?? null);
      setText(dd.lastElementChild, why ? ` (${why})` : '');
    });
  }

  drawEvent(row) {
    setText(this.sentence, row.text);
    const leads = [parseSubject(row.subject), row.node ? { kind: 'node', id: row.node } : null]
      .filter((lead, index, all) => lead && all.findIndex((other) => other && hashOf(other.kind, other.id) === hashOf(lead.kind, lead.id)) === index);
    const key = leads.map((lead) => hashOf(lead.kind, lead.id)).join();
    if (this.leads.dataset.key === key) return;
    this.leads.dataset.key = key;
    this.leads.replaceChildren(...leads.map((lead) => el('button', {
      class: 'btn', type: 'button', text: `Open ${this.leadName(lead)}`, onclick: () => jarvis.action('open', lead),
    })));
  }

  leadName({ kind, id }) {
    if (kind === 'guest') return jarvis.panel('guests').rows.get(id)?.name ?? `guest ${id}`;
    return kind === 'task' ? 'the task' : bare(kind, id);
  }

  /** Choose another span for the charts. */
  choose(key) {
    this.span = key;
    delete this.answers.history;
    this.charts.mark(key);
    this.askHistory();
    this.fill('history');
  }

  askHistory() {
    this.askedAt = jarvis.now();
    jarvis.action('span', { ...this.subject, span: this.span });
  }

  fill(part) {
    const place = this.parts?.[part];
    const answer = this.answers[part];
    if (part === 'details' && this.row) this.refresh();
    if (!place) return;
    if (part === 'tasks') fillTasks(place, answer, this.subject);
    else if (part === 'events') fillEvents(place, this.subject, this.row);
    else if (answer?.state === 'ok') this.fillAnswered(part, place, answer);
    else {
      if (part === 'history') this.charts.clear();
      if (answer) say(place, 'failed', this.failure(answer));
      else say(place, 'reading…', skeleton(part === 'history' ? 2 : 3));
    }
  }

  fillAnswered(part, place, answer) {
    if (part === 'history') this.charts.show(answer);
    else if (part === 'snapshots') fillSnapshots(place, answer);
    else if (part === 'log') fillLog(place, answer);
  }

  failure({ because, remedy }) {
    const why = because ?? 'It could not be read';
    return el('p', { class: 'panel-says', role: 'status' }, el('b', { class: 'alert', text: `!\u2002${sentence(why)}` }), ...(remedy ? told(` ${sentence(remedy)}`) : []), ' ',
      el('button', { class: 'btn quiet', type: 'button', text: 'Try again', onclick: () => this.again() }));
  }

  again() {
    const { subject } = this;
    this.answers = {};
    for (const part of Object.keys(this.parts)) this.fill(part);
    jarvis.action('open', { kind: subject.kind, id: subject.id });
    if (this.span !== USUAL_SPAN) this.askHistory();
  }

  tick() {
    if (!this.subject || document.hidden) return;
    this.refresh();
    const now = jarvis.now();
    const { row } = this;
    const running = this.subject.kind === 'task' && row?.outcome === 'running';
    const every = running ? LOG_AGAIN_S : CHARTS[this.subject.kind] && this.span === USUAL_SPAN ? HISTORY_AGAIN_S : 0;
    if (!every || jarvis.connection !== 'up' || now - this.askedAt < every) return;
    this.askedAt = now;
    if (running) jarvis.action('log', { ...this.subject });
    else jarvis.action('span', { ...this.subject, span: this.span });
  }

  destroy() {
    this.offs.forEach((off) => off());
    window.removeEventListener('hashchange', this.onHash);
    this.acts.destroy();
    this.charts?.clear();
    this.root.remove();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.drawer = new Drawer(this.$el);
  },
  beforeUnmount() {
    this.drawer.destroy();
  },
};
