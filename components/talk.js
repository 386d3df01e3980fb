// The conversation: what was said, what is being said, and where one says more. The server has it all; a page that
// comes in the middle of an answer takes up what stands of it and goes on.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { arrival, ask, saysOf } from 'jarvis-asking';
import { el, setAttr, setText } from 'jarvis-dom';
import { takeLinked } from 'jarvis-subject';
import { COMMANDS, Compose } from 'jarvis-talk-compose';
import { End } from 'jarvis-talk-end';
import { Log } from 'jarvis-talk-log';
import { messages } from 'jarvis-talk-message';
import { Place } from 'jarvis-talk-place';
import { Sessions } from 'jarvis-talk-sessions';

const EARLIER_PX = 160;
const MOST_CHARS = 32_000; // as services/llm/talk.py has it; so long a text need not travel to be refused
const DOING = { thinking: 'thinking…', acting: 'looking…', waiting: 'waits for your word', answering: 'answering…' };
const RUNS = 'following it to its end…';
const HINTS = ['How is the cluster?', 'Which guests have no backup?', 'How hot are the nodes?', 'What happened last night?'];

export class Talk {
  constructor(host) {
    this.host = host;
    this.place = new Place();
    this.build();
    this.offs = [
      jarvis.on('tell:talk', (word) => this.take(word)),
      jarvis.on('said', (text) => this.log.say(text)),
      jarvis.on('talk', (change) => change.meta && this.tellModels()),
      jarvis.on('second', () => this.tick()),
      jarvis.on('talk-cards', () => this.tellCards()),
      jarvis.on('tab', () => requestAnimationFrame(() => this.tellCards())),
      jarvis.on('connection', ({ state }) => state === 'up' && this.reopen()),
      jarvis.onAction('talk-ask', ({ text }) => this.prefill(text)),
      jarvis.onAction('talk-command', ({ name }) => this.command(COMMANDS.find((one) => one.name === name) ?? {}, '')),
    ];
    this.onHash = () => {
      const id = takeLinked();
      if (id) this.come(id);
    };
    window.addEventListener('hashchange', this.onHash);
    this.tellModels();
    this.reopen();
    // The tabs of a phone are built after this.
    if (this.place.linked) setTimeout(() => jarvis.action('tab', { key: 'talk' }), 0);
  }

  /** The conversation that is open; null is a new one. */
  get id() {
    return this.place.id;
  }

  /** Open a conversation that somebody pointed at. */
  come(id) {
    jarvis.action('tab', { key: 'talk' });
    this.open(id);
  }

  build() {
    this.title = el('span', { class: 'note' });
    this.scripted = el('span', { class: 'talk-scripted', text: 'scripted model', title: 'A script of the simulation answers: nothing is really spent', hidden: true });
    this.today = el('b');
    this.spent = el('span', { class: 'talk-today num', title: 'What Claude has cost today', hidden: true }, this.today, el('span', { text: ' today' }));
    const head = el('header', { class: 'panel-h' }, el('h2', { id: 'talk-title', text: 'Conversation' }), el('span', { class: 'rule' }), this.scripted, this.spent, this.title,
      el('button', { type: 'button', class: 'talk-act', text: 'sessions', 'aria-label': 'Conversations', onclick: () => this.sessions.show(!this.sessions.shown) }),
      el('button', { type: 'button', class: 'talk-act', text: 'new', 'aria-label': 'New conversation', onclick: () => this.open(null) }));
    this.empty = el('div', { class: 'talk-empty' }, el('p', { text: 'At your service. Ask about the cluster, or tell me what to do.' }),
      el('div', { class: 'talk-hints' }, ...HINTS.map((hint) => el('button', { type: 'button', class: 'btn quiet', text: hint, onclick: () => this.say(hint) }))));
    this.log = new Log(this);
    this.doing = el('p', { class: 'talk-doing', role: 'status', hidden: true });
    this.scroll = el('div', { class: 'talk-scroll', tabindex: '-1', onscroll: () => this.scrolled() }, this.empty, this.log.root, this.doing);
    this.end = new End(this.scroll, this.log.root);
    this.sessions = new Sessions({
      list: (text, most) => jarvis.action('talk-list', { text, most }), open: (id) => this.open(id), make: () => this.open(null), ask, current: () => this.id,
    });
    this.compose = new Compose({
      say: (text, typed) => this.say(text, typed), stop: () => this.stop(), command: (command, rest) => this.command(command, rest),
      listening: (on) => jarvis.notify('listening', { on }), draftKey: () => `jarvis.talk.draft.${this.id ?? 'new'}`,
    });
    this.root = el('section', { class: 'panel panel-talk', 'aria-labelledby': 'talk-title', 'data-state': 'ok' }, head,
      el('div', { class: 'panel-body talk-body' }, this.sessions.root, this.scroll, this.end.root, this.compose.root));
    this.host.append(this.root);
    this.compose.load();
  }

  /** Ask for what is open; where nobody chose yet, or what was said got lost, for what is being answered. */
  reopen() {
    if (jarvis.connection !== 'up') return;
    if (this.place.seek() || this.id) jarvis.action('talk-open', { id: this.id });
  }

  open(id, { focus = true } = {}) {
    this.place.go(id);
    this.compose.load();
    this.clear();
    this.frame();
    this.hear();
    if (focus) this.compose.focus();
  }

  /** Let the server tell of what is open here, and of nothing else. */
  hear() {
    if (this.id) jarvis.action('talk-open', { id: this.id });
    else jarvis.action('talk-leave');
  }

  clear() {
    this.log.clear();
    this.name = null;
    this.said = 0;
    this.asking = false;
    this.end.following = true;
    this.setDoing(null);
    this.tellCards();
  }

  /** Say something, one at a time; `typed` is what stands in the field for it. What is refused comes back there. */
  async say(text, typed = '') {
    const { visit } = this.place;
    if (jarvis.connection === 'connecting') {
      await arrival();
      if (visit !== this.place.visit || (typed && typed !== this.compose.field.value)) return; // it is being written on
    }
    if (this.saying) return;
    this.compose.tell('');
    if (jarvis.connection !== 'up') {
      this.compose.tell('The server is not there. Say it again once the page has found it.');
      return;
    }
    const chars = [...text].length;
    if (chars > MOST_CHARS) {
      this.compose.tell(`The message has ${chars.toLocaleString('en')} characters, and one may have ${MOST_CHARS.toLocaleString('en')}. Shorten it, or send it in pieces.`);
      return;
    }
    const { id } = this;
    const draft = this.compose.hooks.draftKey();
    const { lastAsked } = this.log;
    this.saying = true;
    this.place.speak();
    if (typed) this.compose.clear();
    const answer = await ask('talk-say', { id, text, picked: this.compose.picked });
    this.saying = false;
    const stays = visit === this.place.visit;
    const came = stays && this.log.lastAsked !== lastAsked && this.log.lastAsked?.text === text;
    if (!answer.ok && !came) { // where it came, the word of it was lost, not what was said
      this.compose.restore(typed, stays ? null : draft);
      this.refused = this.tellRefusal(answer, visit);
    } else if (!stays) this.hear();
    else if (answer.ok && this.id !== id && this.id !== answer.id) this.open(answer.id); // what runs elsewhere was taken for it
    else this.takeSaid(answer, draft, came || id);
  }

  /** What was said has its conversation; where its beginning was not `heard` here, it is asked for. */
  takeSaid({ ok, id = this.id, title = this.name }, draft, heard) {
    this.end.following = true;
    this.place.settle(id);
    this.compose.moved(draft);
    this.name = title;
    this.frame();
    this.end.keep();
    if (ok && !heard) this.hear();
  }

  /** Tell why not, and of which conversation where another one is open by now. */
  tellRefusal(answer, visit) {
    const why = saysOf(answer);
    this.compose.tell(visit === this.place.visit ? why : `In the conversation before: ${why}`);
    return this.compose.told;
  }

  async wish(name, args) {
    const { visit } = this.place;
    const answer = await ask(name, { id: this.id, ...args });
    if (!answer.ok) this.tellRefusal(answer, visit);
    return { ...answer, stays: visit === this.place.visit };
  }

  stop() {
    if (this.id) this.wish('talk-stop', {});
  }

  /** Have the question of that answer answered anew, by whom the picker names where nobody is named. */
  regenerate(message, picked) {
    return this.anew('talk-regenerate', { message, picked: picked ?? this.compose.picked });
  }

  resend(message, text) {
    return this.anew('talk-resend', { message, text, picked: this.compose.picked });
  }

  async anew(name, args) {
    this.compose.tell('');
    const answer = await this.wish(name, args);
    if (answer.ok && answer.stays) this.end.follow();
    return answer;
  }

  isLast(entry) {
    return this.log.isLast(entry);
  }

  should(message, wish) {
    return ask('talk-should', { message, wish });
  }

  prefill(text) {
    jarvis.action('tab', { key: 'talk' });
    this.compose.offer(text);
  }

  command(command, rest) {
    if (command.says) this.say(command.says);
    else if (command.goes) window.location.assign(command.goes);
    else if (command.does === 'sessions') this.sessions.show(true);
    else if (command.does === 'new') this.open(null);
    else if (command.does === 'help') this.compose.tell('/status · /model · /cost · /sessions · /new · /export · @claude, @local or @direct before a message choose who answers · Escape stops an answer', 'dim');
    else if (command.name === 'model') this.compose.takePick(rest || 'auto');
    else if (command.name === 'export') this.save(rest || 'markdown');
  }

  save(form) {
    const ending = { markdown: 'md', json: 'json' }[form];
    if (!this.id) this.compose.tell('Nothing has been said yet.');
    else if (!ending) this.compose.tell(`There is no form ${form}; write markdown or json.`);
    else window.location.assign(`/talk/${encodeURIComponent(this.id)}.${ending}`);
  }

  take(word) {
    const mine = word.id === this.id;
    if (word.t === 'listed') this.sessions.take(word);
    else if (word.t === 'changed') this.takeChanged();
    else if (word.t === 'opened') this.takeOpened(word);
    else if (word.t === 'events' && (mine || this.place.isBegunBy(word.events))) this.takeEvents(word);
    else if (!mine) return;
    else if (word.t === 'older') this.takeOlder(word);
    else if (word.t === 'missed') this.reopen();
    else if (word.t === 'live') this.takeLive(word.live);
    else if (word.t === 'named') this.takeName(word);
    else if (word.t === 'gone') this.takeGone();
  }

  /** The list of conversations is another one: one was named, pinned, deleted, or something was said. */
  takeChanged() {
    this.sessions.renew();
    if (this.id) jarvis.action('talk-look', { id: this.id });
  }

  takeName({ title, count }) {
    this.name = title;
    this.said = count;
    this.frame();
  }

  /** What was being written when the conversation was deleted goes on in a new one. */
  takeGone() {
    const draft = this.compose.field.value;
    const told = this.log.entries.length > 0;
    this.compose.forget();
    this.open(null, { focus: false });
    this.compose.restore(draft);
    if (told) this.compose.tell('This conversation was deleted. What you say next begins a new one.');
  }

  takeOpened(word) {
    const mine = word.id === this.id;
    if (!this.place.takes(word.id)) return;
    this.place.settle(word.id);
    this.name = word.title;
    this.said = word.count;
    this.log.merge(word);
    this.asking = false;
    this.setDoing(word.live?.doing ?? null);
    if (!mine && !this.compose.field.value) this.compose.load();
    this.frame();
    this.tellCards();
  }

  takeOlder(word) {
    const height = this.scroll.scrollHeight;
    this.log.addOlder(word);
    this.asking = false;
    this.end.grewAbove(this.scroll.scrollHeight - height);
  }

  takeLive(live) {
    this.log.takeLive(live);
    this.setDoing(live.doing);
  }

  takeEvents({ id, events }) {
    for (const event of events) {
      if (event.k === 'began') {
        if (!this.id) this.place.settle(id);
        this.said = (this.said ?? 0) + 1;
        this.end.following = true;
        this.setDoing('thinking');
      } else if (event.k === 'doing') this.setDoing(event.doing);
      else if (event.k === 'fell') this.tellDoing(event.because);
      else if (event.k === 'stored') this.said = (this.said ?? 0) + 1;
      else if (event.k === 'ended') {
        this.setDoing(null);
        if (this.refused === this.compose.told) this.compose.tell(''); // that it could not be said is no longer so
      }
      this.log.take(event);
    }
    this.frame();
    this.end.keep();
  }

  setDoing(doing) {
    this.now = doing;
    if (!doing) this.fell = '';
    setAttr(this.doing, 'hidden', !doing);
    setAttr(this.doing, 'class', `talk-doing${doing === 'waiting' ? ' unseen' : ''}`); // to the eye its card says so
    this.compose.setBusy(Boolean(doing));
    this.tellDoing();
  }

  /** One line: what is being done, and why somebody else does it. */
  tellDoing(fell = this.fell) {
    this.fell = fell;
    const cards = this.log.openCards;
    const runs = this.now === 'waiting' && cards.length > 0 && !cards.some((card) => card.waits);
    setText(this.doing, [this.fell, runs ? RUNS : DOING[this.now] ?? this.now].filter(Boolean).join(' · '));
  }

  frame() {
    setAttr(this.empty, 'hidden', this.log.entries.length > 0);
    setText(this.title, this.id ? `“${this.name ?? 'new'}” · ${messages(this.said ?? this.log.entries.length)}` : 'new');
  }

  /** Whether a script answers, what today has cost, and who there is none of to ask. */
  tellModels() {
    const { scripted, today, providers = [] } = jarvis.panel('talk').meta;
    const rows = providers.filter((one) => one.state === 'off');
    const off = rows.map((one) => one.name);
    setAttr(this.root, 'data-off', off.join(' '));
    this.compose.tellOff(rows);
    setAttr(this.scripted, 'hidden', !scripted);
    setAttr(this.spent, 'hidden', today === undefined || off.includes('claude'));
    setText(this.today, `$${(today ?? 0).toFixed(2)}`);
  }

  tellCards() {
    const ids = this.log.openCards.map((card) => card.approval);
    const shown = this.root?.getClientRects().length > 0;
    jarvis.notify('approvals-in-place', { ids: shown ? ids : [] });
    this.tellDoing();
    this.end.keep();
  }

  scrolled() {
    this.end.scrolled();
    if (this.scroll.scrollTop < EARLIER_PX && this.log.more && !this.asking && this.log.first) {
      this.asking = true;
      jarvis.action('talk-older', { id: this.id, before: this.log.first });
    }
  }

  tick() {
    this.log.tick();
  }

  destroy() {
    this.offs.forEach((off) => off());
    window.removeEventListener('hashchange', this.onHash);
    this.end.destroy();
    this.log.clear();
    this.root.remove();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.talk = new Talk(this.$el);
  },
  beforeUnmount() {
    this.talk.destroy();
  },
};
