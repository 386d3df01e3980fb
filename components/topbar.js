// Brand, health with its reasons, quorum, guests, clocks, and the user's menu.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setFigure, setText, svg } from 'jarvis-dom';
import { UNKNOWN, ago, clock, clockUtc, count, known, span } from 'jarvis-format';
import { stateOf } from 'jarvis-panel';

/** The readings are asked for anew so often while they are looked at. */
const AGAIN_S = 2;
const TONES = { NOMINAL: 'ok', BUSY: 'arc', ATTENTION: 'warn', ALARM: 'alert', UNKNOWN: 'dim' };

/** A button that opens a box below itself; Escape and a click elsewhere close it. */
function opens(button, box, opened = () => {}) {
  const show = (open) => {
    setAttr(button, 'aria-expanded', open ? 'true' : 'false');
    box.hidden = !open;
    if (open) opened();
  };
  const isOpen = () => !box.hidden;
  button.addEventListener('click', () => show(!isOpen()));
  const outside = (event) => {
    if (isOpen() && !box.contains(event.target) && !button.contains(event.target)) show(false);
  };
  const escape = (event) => {
    if (event.key === 'Escape' && isOpen()) {
      show(false);
      button.focus();
    }
  };
  // Who has gone on past it by the keyboard would have it lie over what they came to.
  box.addEventListener('focusout', ({ relatedTarget: to }) => {
    if (to && isOpen() && !box.contains(to) && to !== button) show(false);
  });
  document.addEventListener('pointerdown', outside);
  document.addEventListener('keydown', escape);
  show(false);
  return () => {
    document.removeEventListener('pointerdown', outside);
    document.removeEventListener('keydown', escape);
  };
}

function chip(label, name) {
  const value = el('b', { text: UNKNOWN });
  return { root: el('span', { class: `chip chip-${name}` }, `${label} `, value), value };
}

/** A tier -> its tone, and how it goes in words */
function readingSaid({ state, at, next_at: next, since, because, skipped }, now) {
  const parts = {
    waiting: ['not read yet'],
    ok: [`read ${ago(at, now)}`],
    late: [`late, read ${ago(at, now)}`],
    failing: [`failing for ${span(now - since)}`, at ? `read ${ago(at, now)}` : 'never read'],
  }[state] ?? [state];
  if (known(next)) parts.push(next > now ? `next in ${span(next - now)}` : 'next now');
  if (skipped) parts.push(`${count(skipped, 'tick')} skipped`);
  if (because) parts.push(because);
  return [{ ok: because ? 'warn' : 'ok', late: 'warn', failing: 'alert' }[state] ?? 'faint', parts.join(' · ')];
}

function glyph(path) {
  return svg('svg', { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
    svg('path', { d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.4 }));
}

export default {
  props: { user: String, simulation: String },
  render() {
    return h('div');
  },
  mounted() {
    this.pill = el('button', { type: 'button', class: 'pill dim', 'aria-haspopup': 'true', text: 'UNKNOWN' });
    this.why = el('div', { class: 'drop why', role: 'region', 'aria-label': 'Health of the cluster' });
    this.tiers = [];
    this.readings = el('ul', { class: 'readings' });
    this.quorum = chip('Quorum', 'quorum');
    this.guests = chip('Guests', 'guests');
    this.aged = el('span', { class: 'aged num' });
    this.cost = chip('', 'cost');
    this.today = el('span');
    this.limit = el('span', { class: 'long' });
    this.cost.value.replaceChildren(this.today, this.limit);
    this.costLabel = [el('span', { class: 'long' }), el('span', { class: 'short' })];
    this.cost.root.prepend(...this.costLabel);
    this.menuCost = el('p', { class: 'faint menu-cost', hidden: true });
    this.utc = chip('UTC', 'utc');
    this.local = chip('Local', 'local');
    for (const { value } of [this.utc, this.local]) value.className = 'figure';
    this.waits = el('button', { type: 'button', class: 'pill warn waits', hidden: true, onclick: () => jarvis.action('approvals') });
    this.down = el('button', { type: 'button', class: 'btn danger stand-down', text: 'Stand down', title: 'Stop all that acts on its own, at once', onclick: () => jarvis.action('ask-stand-down') });
    const find = el('button', { type: 'button', class: 'find', onclick: () => jarvis.action('palette') },
      glyph('M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M10.3 10.3L14 14'),
      el('span', { text: 'Find' }), el('kbd', { text: 'Ctrl K' }));
    this.effects = el('button', { type: 'button', class: 'icon', onclick: () => this.toggleEffects() },
      glyph('M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3M8 6.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 0 0 0-3.6'));
    const user = el('button', { type: 'button', class: 'icon user', 'aria-haspopup': 'true', 'aria-label': `Menu of ${this.user}` },
      glyph('M8 2.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6M2.8 14c.4-3 2.4-4.4 5.2-4.4s4.8 1.4 5.2 4.4'),
      el('span', { class: 'name', text: this.user }));
    const menu = el('div', { class: 'drop menu' },
      el('p', { class: 'faint', text: `Signed in as ${this.user}` }), this.menuCost,
      el('a', { class: 'btn quiet', href: '/account', text: 'Account' }), el('a', { class: 'btn quiet', href: '/costs', text: 'Costs' }),
      el('a', { class: 'btn quiet', href: '/audit', text: 'Audit' }),
      el('button', { type: 'button', class: 'btn quiet', text: 'Override', onclick: () => {
        user.focus(); // which is still there when the dialog gives the focus back
        user.click();
        jarvis.action('ask-override');
      } }),
      this.form('/logout', 'Sign out'), this.form('/logout-everywhere', 'Sign out everywhere'));
    this.$el.append(
      this.bar = el('header', { class: 'top', role: 'banner' },
        el('h1', { class: 'brand', 'aria-label': 'Jarvis' },
          el('span', { class: 'long', text: 'J.A.R.V.I.S.' }), el('span', { class: 'short', text: 'JARVIS' })),
        el('div', { class: 'holder' }, this.pill, this.why),
        this.quorum.root, this.guests.root, this.aged, this.waits,
        el('span', { class: 'spacer' }),
        this.simulation
          ? el('button', {
            type: 'button', class: 'pill simulation', text: 'Simulation', title: `${this.simulation}: its faults`, onclick: () => jarvis.action('faults'),
          }) : null,
        find, this.cost.root, this.utc.root, this.local.root, this.effects,
        el('div', { class: 'holder' }, user, menu), this.down),
    );
    this.offs = [
      opens(this.pill, this.why, () => this.askReadings()), opens(user, menu),
      jarvis.onAction('health', () => this.pill.click()),
      jarvis.on('top', () => this.draw()),
      jarvis.on('tell:readings', ({ tiers }) => this.drawReadings(tiers)),
      jarvis.on('connection', () => this.draw()),
      jarvis.on('gate', () => this.drawGate()),
      jarvis.on('talk', () => this.drawCost()),
      jarvis.on('effects', () => this.drawEffects()),
      jarvis.on('second', () => this.tick()),
    ];
    this.draw();
    this.drawGate();
    this.drawCost();
    this.drawEffects();
    this.tick();
  },
  beforeUnmount() {
    this.offs.forEach((off) => off());
  },
  methods: {
    form(path, label) {
      return el('form', { method: 'post', action: path },
        el('button', { type: 'submit', class: 'btn quiet', text: label }));
    },
    health() {
      const meta = jarvis.panel('top').meta;
      const away = jarvis.connection === 'lost' || jarvis.connection === 'restarting';
      if (away) return ['UNKNOWN', ['the page has lost its server']];
      if (meta.health && meta.health !== 'UNKNOWN' && stateOf(meta) === 'stale') {
        return ['UNKNOWN', [`the nodes were last read ${ago(meta.as_of, jarvis.now())}`]];
      }
      return [meta.health ?? 'UNKNOWN', meta.reasons ?? ['the cluster has not been read yet']];
    },
    draw() {
      const meta = jarvis.panel('top').meta;
      const [word, reasons] = this.health();
      setText(this.pill, word);
      setAttr(this.pill, 'class', `pill ${TONES[word] ?? 'dim'}${word === 'ALARM' ? ' alarms' : ''}`);
      setAttr(this.pill, 'title', reasons.join('\n'));
      setAttr(this.pill, 'aria-label', `Health: ${word.toLowerCase()}. ${reasons.join('. ')}`);
      this.drawWhy(meta, reasons);
      const counted = known(meta.online);
      setText(this.quorum.value, counted ? `${meta.online}/${meta.expected ?? UNKNOWN}` : UNKNOWN);
      setAttr(this.quorum.value, 'class', meta.quorate === false ? 'alert' : meta.online < meta.expected ? 'warn' : null);
      setAttr(this.quorum.root, 'title', this.quorumSaid(meta, counted));
      const guests = meta.up === null || meta.up === undefined
        ? UNKNOWN
        : `${meta.up} up · ${meta.off} off${meta.unknown ? ` · ${meta.unknown} unknown` : ''}`;
      setText(this.guests.value, guests);
      this.drawAge();
    },
    /** What is no longer read anew is dimmed, and its age stands beside it. */
    drawAge() {
      const away = ['lost', 'restarting'].includes(jarvis.connection);
      const old = [[this.quorum, 'top'], [this.guests, 'guests']].filter(([{ root }, panel]) => {
        const { meta } = jarvis.panel(panel);
        const is = known(meta.as_of) && (away || ['stale', 'failed'].includes(stateOf(meta)));
        setAttr(root, 'data-old', is || null);
        return is;
      });
      const since = Math.min(...old.map(([, panel]) => jarvis.panel(panel).meta.as_of));
      setAttr(this.bar, 'data-full', old.length > 0 || jarvis.panel('top').meta.unknown > 0 || null);
      setText(this.aged, old.length ? `${span(jarvis.now() - since)} old` : '');
    },
    drawGate() {
      const { waiting, stood_down: down } = jarvis.panel('gate').meta;
      setAttr(this.waits, 'hidden', !waiting);
      setText(this.waits, `${waiting ?? 0} ${waiting === 1 ? 'waits' : 'wait'}`);
      setAttr(this.waits, 'aria-label', `${count(waiting ?? 0, 'approval')} ${waiting === 1 ? 'waits' : 'wait'} for you`);
      this.down.disabled = Boolean(down);
    },
    drawCost() {
      const { today, limit, spent, scripted, providers } = jarvis.panel('talk').meta;
      const claude = providers?.find((one) => one.name === 'claude');
      const off = !claude || claude.state === 'off';
      setAttr(this.cost.root, 'class', `chip chip-cost${off ? ' hidden' : ''}`);
      setAttr(this.menuCost, 'hidden', off);
      if (off) return;
      const figures = [`$${(today ?? 0).toFixed(2)}`, ` / $${(limit ?? 0).toFixed(2)}`];
      setText(this.today, figures[0]);
      setText(this.limit, figures[1]);
      setText(this.menuCost, `${scripted ? 'Scripted model' : 'Claude'} today: ${figures.join('')}`);
      setAttr(this.cost.value, 'class', spent ? 'alert' : today >= 0.8 * limit ? 'warn' : null);
      const ready = claude.state === 'ready' ? `${claude.model ?? 'Claude'} is ready` : claude.because || claude.state;
      setAttr(this.cost.root, 'title', `${scripted ? 'Scripted model: nothing is really spent. ' : ''}${ready}`);
      setText(this.costLabel[0], scripted ? 'Scripted model' : 'Claude today');
      setText(this.costLabel[1], scripted ? 'Scripted' : 'Claude');
    },
    quorumSaid(meta, counted) {
      if (!counted) return 'The nodes have not been read yet';
      const said = { true: 'quorum stands', false: 'quorum is lost' }[meta.quorate] ?? (meta.quorum_because ? `quorum is not known: ${meta.quorum_because}` : 'quorum is not known');
      return `${meta.online} of ${count(meta.expected ?? 0, 'node')} online, ${said}`;
    },
    drawWhy(meta, reasons) {
      const told = JSON.stringify([reasons, meta.endpoints, meta.cluster, meta.version]);
      if (told === this.told) return;
      this.told = told;
      const lines = reasons.map((reason) => el('li', { text: reason }));
      const sources = (meta.endpoints ?? []).map((endpoint) => {
        const tone = endpoint.healthy === null ? 'faint' : endpoint.healthy ? 'ok' : 'alert';
        const says = endpoint.because ?? (endpoint.used ? 'in use' : endpoint.healthy ? 'ready' : 'not tried yet');
        return el('li', { class: 'source' }, el('i', { class: `dot ${tone}` }),
          el('span', { class: 'mono', text: endpoint.url }), el('span', { class: 'faint', text: says }));
      });
      const title = [meta.cluster, meta.version && `PVE ${meta.version}`].filter(Boolean).join(' · ');
      this.why.replaceChildren(
        ...(title ? [el('p', { class: 'faint', text: title })] : []),
        el('ul', { class: 'reasons' }, ...lines),
        ...(sources.length ? [el('h2', { text: 'Sources' }), el('ul', {}, ...sources)] : []),
        el('h2', { text: 'Readings' }), this.readings,
      );
    },
    askReadings() {
      this.askedAt = jarvis.now();
      jarvis.action('readings');
    },
    drawReadings(tiers) {
      this.tiers = tiers;
      const now = jarvis.now();
      this.readings.replaceChildren(...tiers.map((tier) => {
        const [tone, says] = readingSaid(tier, now);
        return el('li', { class: 'source', title: `Every ${span(tier.every_s)}` }, el('i', { class: `dot ${tone}` }),
          el('span', { class: 'tier', text: tier.tier }), el('span', { class: 'faint', text: says }));
      }));
    },
    drawEffects() {
      const reduced = document.documentElement.dataset.effects === 'reduced';
      setAttr(this.effects, 'aria-pressed', reduced ? 'true' : 'false');
      setAttr(this.effects, 'aria-label', 'Reduced effects');
      setAttr(this.effects, 'title', `Reduced effects: ${reduced ? 'on' : 'off'}`);
    },
    toggleEffects() {
      const reduced = document.documentElement.dataset.effects !== 'reduced';
      jarvis.setEffects(reduced);
      jarvis.action('prefs', { name: 'reduced_effects', value: reduced });
    },
    tick() {
      const now = jarvis.now();
      setFigure(this.utc.value, clockUtc(now));
      setFigure(this.local.value, clock(now));
      this.drawAge();
      if (!this.why.hidden) {
        this.drawReadings(this.tiers);
        if (now - this.askedAt >= AGAIN_S) this.askReadings();
      }
      if (jarvis.panel('top').meta.health && this.pill.textContent !== this.health()[0]) this.draw();
    },
  },
};
