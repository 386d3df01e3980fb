// The conversation: what was said, what is being said, and where one says more. The server has it all; a page that
// comes in the middle of an answer takes up what stands of it and goes on.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { ask, saysOf } from 'jarvis-asking';
import { el, setAttr, setText } from 'jarvis-dom';
import { takeLinked } from 'jarvis-subject';
import { COMMANDS, Compose } from 'jarvis-talk-compose';
import { Answer, Question, messages, newSum } from 'jarvis-talk-message';
import { Sessions } from 'jarvis-talk-sessions';

const KEEP = 'jarvis.talk.open';
const NEAR_PX = 80;
const EARLIER_PX = 160;
const DOING = { thinking: 'thinking…', acting: 'looking…', waiting: 'waits for your word', answering: 'answering…' };
const RUNS = 'following it to its end…';
const HINTS = ['How is the cluster?', 'Which guests have no backup?', 'Why is pve hot?', 'What happened last night?'];

export class Talk {
  constructor(host) {
    this.host = host;
    const linked = takeLinked();
    this.id = linked ?? (localStorage.getItem(KEEP) || null);
    this.entries = [];
    this.answers = new Map();
    this.calls = new Map();
    this.follow = true;
    this.spent = newSum();
    this.build();
    this.offs = [
      jarvis.on('tell:talk', (word) => this.take(word)),
      jarvis.on('said', (text) => this.takeSaid(text)),
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
    this.reopen();
    // The tabs of a phone are built after this.
    if (linked) setTimeout(() => jarvis.action('tab', { key: 'talk' }), 0);
  }

  /** Open a conversation that somebody pointed at. */
  come(id) {
    jarvis.action('tab', { key: 'talk' });
    this.open(id);
  }

  build() {
    this.title = el('span', { class: 'note' });
    const head = el('header', { class: 'panel-h' }, el('h2', { id: 'talk-title', text: 'Conversation' }), el('span', { class: 'rule' }), this.title,
      el('button', { type: 'button', class: 'talk-act', text: 'sessions', 'aria-label': 'Conversations', onclick: () => this.sessions.show(!this.sessions.shown) }),
      el('button', { type: 'button', class: 'talk-act', text: 'new', 'aria-label': 'New conversation', onclick: () => this.open(null) }));
    this.empty = el('div', { class: 'talk-empty' }, el('p', { text: 'At your service. Ask about the cluster, or tell me what to do.' }),
      el('div', { class: 'talk-hints' }, ...HINTS.map((hint) => el('button', { type: 'button', class: 'btn quiet', text: hint, onclick: () => this.say(hint) }))));
    this.list = el('div', { class: 'talk-list', role: 'log', 'aria-labelledby': 'talk-title', 'aria-live': 'off' });
    this.doing = el('p', { class: 'talk-doing', role: 'status', hidden: true });
    this.scroll = el('div', { class: 'talk-scroll', tabindex: '-1', onscroll: () => this.scrolled() }, this.empty, this.list, this.doing);
    this.sessions = new Sessions({
      list: (text) => jarvis.action('talk-list', { text }), open: (id) => this.open(id), make: () => this.open(null), ask, current: () => this.id,
    });
    this.compose = new Compose({
      say: (text) => this.say(text), stop: () => this.stop(), command: (command, rest) => this.command(command, rest),
      listening: (on) => jarvis.notify('listening', { on }), draftKey: () => `jarvis.talk.draft.${this.id ?? 'new'}`,
    });
    this.root = el('section', { class: 'panel panel-talk', 'aria-labelledby': 'talk-title', 'data-state': 'ok' }, head,
      el('div', { class: 'panel-body talk-body' }, this.sessions.root, this.scroll, this.compose.root));
    this.host.append(this.root);
    this.compose.load();
    this.sizes = new ResizeObserver(() => this.keepEnd());
    this.sizes.observe(this.list);
    this.sizes.observe(this.scroll);
  }

  reopen() {
    if (jarvis.connection === 'up') jarvis.action('talk-open', { id: this.id });
  }

  open(id) {
    this.id = id;
    this.compose.load();
    this.clear();
    this.frame();
    if (id) jarvis.action('talk-open', { id });
    else {
      localStorage.removeItem(KEEP);
      jarvis.action('talk-leave');
    }
    this.compose.focus();
  }

  clear() {
    for (const entry of this.entries) entry.destroy();
    this.entries = [];
    this.answers.clear();
    this.calls.clear();
    this.name = null;
    this.said = 0;
    this.more = false;
    this.asking = false;
    this.speaking = null;
    this.follow = true;
    this.setDoing(null);
    this.tellCards();
  }

  async say(text) {
    this.compose.tell('');
    const draft = this.compose.hooks.draftKey();
    const answer = await ask('talk-say', { id: this.id, text, picked: this.compose.picked });
    if (!answer.ok) {
      this.refused = saysOf(answer);
      this.compose.tell(this.refused);
      return;
    }
    // By now the words may have come, and with them the conversation's own name for a draft.
    localStorage.removeItem(draft);
    this.compose.clear();
    this.follow = true;
    this.id = answer.id;
    localStorage.setItem(KEEP, this.id);
    this.name = answer.title ?? this.name;
    this.frame();
  }

  async wish(name, args) {
    const answer = await ask(name, { id: this.id, ...args });
    if (!answer.ok) this.compose.tell(saysOf(answer));
    return answer;
  }

  stop() {
    if (this.id) this.wish('talk-stop', {});
  }

  regenerate(picked) {
    this.wish('talk-regenerate', { picked });
  }

  resend(message, text) {
    this.wish('talk-resend', { message, text });
  }

  should(message, wish) {
    return ask('talk-should', { message, wish });
  }

  prefill(text) {
    jarvis.action('tab', { key: 'talk' });
    this.compose.field.value = text;
    this.compose.changed();
    this.compose.focus();
  }

  command(command, rest) {
    if (command.says) this.say(command.says);
    else if (command.goes) window.location.assign(command.goes);
    else if (command.does === 'sessions') this.sessions.show(true);
    else if (command.does === 'new') this.open(null);
    else if (command.does === 'help') this.compose.tell('/status · /model · /cost · /sessions · /new · /export · @claude, @local or @direct before a message choose who answers · Escape stops an answer', 'dim');
    else if (command.name === 'model') this.compose.tell(this.compose.choosePick(rest || 'auto') ? `Who answers: ${rest || 'auto'}.` : `There is no ${rest}; write auto, claude, local, direct or harder.`, 'dim');
    else if (command.name === 'export') this.save(rest || 'markdown');
  }

  save(form) {
    const ending = { markdown: 'md', json: 'json' }[form];
    if (!this.id) this.compose.tell('Nothing has been said yet.');
    else if (!ending) this.compose.tell(`There is no form ${form}; write markdown or json.`);
    else window.location.assign(`/talk/${encodeURIComponent(this.id)}.${ending}`);
  }

  take(word) {
    if (word.t === 'listed') this.sessions.take(word.rows);
    else if (word.t === 'opened') this.takeOpened(word);
    else if (word.t === 'older' && word.id === this.id) this.takeOlder(word);
    else if (word.t === 'events' && (word.id === this.id || (this.id === null && word.events[0]?.k === 'began'))) this.takeEvents(word);
    else if (word.t === 'missed' && word.id === this.id) this.reopen();
    else if (word.t === 'live' && word.id === this.id) this.takeLive(word.live);
    else if (word.t === 'gone' && word.id === this.id) this.open(null);
  }

  takeOpened(word) {
    const mine = word.id === this.id;
    if (!mine && this.id !== null) return;
    this.id = word.id;
    localStorage.setItem(KEEP, word.id);
    const draft = this.compose.field.value;
    this.clear();
    this.name = word.title;
    this.said = word.count;
    for (const message of word.messages) this.show(message);
    this.more = word.more;
    if (word.live) this.takeLive(word.live);
    if (!draft) this.compose.load();
    this.frame();
    this.toEnd();
  }

  takeOlder(word) {
    const height = this.scroll.scrollHeight;
    this.older = newSum();
    const before = this.entries;
    this.entries = [];
    const anchor = this.list.firstChild;
    for (const message of word.messages) this.show(message, anchor);
    this.entries.push(...before);
    this.more = word.more;
    this.asking = false;
    this.scroll.scrollTop += this.scroll.scrollHeight - height;
  }

  /** Draw a stored message; tool answers go to the cards of the answer that asked. */
  show(message, before = null) {
    if (message.role === 'tool') {
      for (const part of message.parts) {
        const card = this.calls.get(part.id);
        card?.tell(part);
        card?.end(part);
        if (jarvis.panel('gate').rows.get(part.approval)?.state === 'pending') card?.want(part.approval);
      }
      return;
    }
    if (message.role === 'user') {
      this[before ? 'older' : 'spent'] = newSum();
      this.place(new Question(message, this), before);
      return;
    }
    let answer = this.answers.get(message.id);
    if (!answer) {
      answer = new Answer(this, message.id);
      this.answers.set(message.id, answer);
      this.place(answer, before);
    }
    answer.finish(message, before ? this.older : this.spent);
    for (const [call, card] of answer.cards) this.calls.set(call, card);
  }

  place(entry, before = null) {
    this.entries.push(entry);
    this.list.insertBefore(entry.root, before);
  }

  coming(id) {
    let answer = this.answers.get(id);
    if (!answer) {
      answer = new Answer(this, id);
      this.answers.set(id, answer);
      this.place(answer);
    }
    return answer;
  }

  takeLive(live) {
    const answer = live.mid ? this.coming(live.mid) : null;
    this.speaking = live.mid;
    if (answer && live.text && !answer.prose.text) answer.add(live.text);
    for (const tool of live.tools) {
      const card = this.calls.get(tool.call) ?? answer?.tool(tool);
      if (!card) continue;
      this.calls.set(tool.call, card);
      card.tell(tool);
      if (tool.outcome) card.end(tool);
      else if (tool.approval) card.want(tool.approval);
    }
    this.setDoing(live.doing);
  }

  /** Words alone, of the answer that comes. */
  takeSaid(text) {
    if (!this.speaking) return;
    this.coming(this.speaking).add(text);
  }

  takeEvents({ id, events }) {
    for (const event of events) {
      if (event.k === 'began') {
        if (this.id === null) this.id = id;
        if (!this.entries.some((entry) => entry.id === event.message.id)) this.show(event.message);
        this.said = (this.said ?? 0) + 1;
        this.follow = true;
        this.setDoing('thinking');
      } else if (event.k === 'doing') this.setDoing(event.doing);
      else if (event.k === 'answer') {
        this.dropWithdrawn();
        this.speaking = event.mid;
        this.coming(event.mid);
      } else if (event.k === 'text') {
        this.speaking = event.mid;
        this.coming(event.mid).add(event.text);
      } else if (event.k === 'withdrawn') {
        this.speaking = null;
        this.coming(event.mid).withdraw(event.because);
      }
      else if (event.k === 'tool') this.calls.set(event.call, this.coming(event.mid).tool(event));
      else if (event.k === 'wants') this.calls.get(event.call)?.want(event.approval);
      else if (event.k === 'tooled') this.calls.get(event.call)?.end(event);
      else if (event.k === 'fell') this.tellDoing(event.because);
      else if (event.k === 'stored') {
        if (event.message.id === this.speaking) this.speaking = null;
        this.show(event.message);
        this.said = (this.said ?? 0) + 1;
      } else if (event.k === 'ended') {
        this.setDoing(null);
        if (this.refused === this.compose.told) this.compose.tell(''); // that it could not be said is no longer so
      }
    }
    this.frame();
    this.keepEnd();
  }

  /** What was taken back has told why; another answer stands in its place. */
  dropWithdrawn() {
    for (const entry of this.entries.filter((one) => one.withdrawn)) {
      this.entries.splice(this.entries.indexOf(entry), 1);
      this.answers.delete(entry.id);
      entry.destroy();
    }
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
    const cards = [...this.calls.values()].filter((card) => card.open);
    const runs = this.now === 'waiting' && cards.length > 0 && !cards.some((card) => card.waits);
    setText(this.doing, [this.fell, runs ? RUNS : DOING[this.now] ?? this.now].filter(Boolean).join(' · '));
  }

  frame() {
    setAttr(this.empty, 'hidden', this.entries.length > 0);
    setText(this.title, this.id ? `“${this.name ?? 'new'}” · ${messages(this.said ?? this.entries.length)}` : 'new');
  }

  tellCards() {
    const ids = [...this.calls.values()].filter((card) => card.open).map((card) => card.approval);
    const shown = this.root?.getClientRects().length > 0;
    jarvis.notify('approvals-in-place', { ids: shown ? ids : [] });
    this.tellDoing();
    this.keepEnd();
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroll;
    this.follow = scrollHeight - clientHeight - scrollTop < NEAR_PX;
    if (scrollTop < EARLIER_PX && this.more && !this.asking && this.entries.length) {
      this.asking = true;
      jarvis.action('talk-older', { id: this.id, before: this.entries[0].id });
    }
  }

  keepEnd() {
    if (this.follow) this.toEnd();
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  tick() {
    for (const card of this.calls.values()) card.tick();
  }

  destroy() {
    this.offs.forEach((off) => off());
    window.removeEventListener('hashchange', this.onHash);
    this.sizes.disconnect();
    for (const entry of this.entries) entry.destroy();
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
