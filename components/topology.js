// The topology: nodes joined by the cluster's links, guests around the node they run on. Drawn on a canvas,
// only when something changed; a guest that moves travels.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { colour, fitCanvas } from 'jarvis-canvas';
import { el, setAttr, setText } from 'jarvis-dom';
import { linksOf, placeGuest, placeNodes, sizesFor } from 'jarvis-layout';
import { makePanel } from 'jarvis-panel';
import { count, percent, span } from 'jarvis-format';

const TRAVEL_MS = 700;
const REACH_PX = 9;
const NAME_SIZES_PX = [10, 9];

const NODE_TONES = { online: '--arc', unknown: '--faint', unreachable: '--warn', down: '--alert' };
const NODE_WORDS = { online: 'online', unknown: 'reports nothing', unreachable: 'does not answer', down: 'down' };

const SHAPES = { running: 'full', paused: 'half' };

function toneOf(guest) {
  if (guest.state === 'running') return guest.lock || guest.ha === 'error' ? '--warn' : '--ok';
  if (guest.state === 'paused') return '--warn';
  return '--ghost';
}

export class Topology {
  constructor(host) {
    this.stamps = new Map();
    this.spots = [];
    this.byKey = new Map();
    this.focus = null;
    this.hover = null;
    this.ticket = 0;
    this.cost = { paints: 0, totalMs: 0, maxMs: 0 };
    this.panel = makePanel(host, {
      panel: 'nodes', title: 'Topology', also: ['guests'], skeleton: 4,
      empty: 'No node is known yet.',
      note: () => this.note(),
      draw: () => this.drawSoon(),
    });
    this.build();
    this.panel.refresh();
  }

  build() {
    this.canvas = el('canvas', { class: 'topology-canvas', 'aria-hidden': 'true' });
    this.told = el('div', { class: 'topology-told num', hidden: true });
    this.option = el('div', { class: 'unseen', role: 'option', id: `topology-option-${Math.random().toString(36).slice(2)}`, 'aria-selected': 'true', text: 'no node chosen yet' });
    this.box = el('div', {
      class: 'topology-box', role: 'listbox', tabindex: '0', 'aria-label': 'Topology: arrow keys go from node to node and to its guests',
    }, this.canvas, this.told, this.option);
    const key = (mark, word) => el('span', {}, el('i', { class: `topology-key ${mark}` }), word);
    const legend = el('div', { class: 'topology-legend', 'aria-hidden': 'true' },
      key('run', 'running'), key('pause', 'paused or locked'), key('off', 'off'), key('guard', 'protected'));
    this.panel.body.append(this.box, legend);
    this.box.addEventListener('pointermove', (event) => this.point(event));
    this.box.addEventListener('pointerleave', () => this.tell(this.focused ? this.focus : null));
    this.box.addEventListener('click', (event) => this.click(event));
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.box.addEventListener('focus', () => this.settle());
    this.box.addEventListener('blur', () => this.tell(null));
    this.room = { width: 0, height: 0 };
    // Only here is the size known for nothing: asked in a draw, it would lay out the page each tick.
    this.sizes = new ResizeObserver(() => {
      this.room = { width: this.box.clientWidth, height: this.box.clientHeight };
      this.draw(true);
    });
    this.sizes.observe(this.box);
  }

  get focused() {
    return document.activeElement === this.box;
  }

  note() {
    const nodes = jarvis.panel('nodes').rows.size;
    const guests = jarvis.panel('guests').rows.size;
    return `${count(nodes, 'node')} · ${count(guests, 'guest')}`;
  }

  /** Nodes and guests change with one message: draw once for both. */
  drawSoon() {
    this.soon ??= requestAnimationFrame(() => {
      this.soon = null;
      this.draw();
    });
  }

  /** Lay everything out anew, and let what moved travel from where it is drawn now. */
  draw(atOnce = false) {
    const { width = 0, height = 0 } = this.room ?? {};
    if (!width || !height) return;
    const nodes = jarvis.rows('nodes');
    const looks = `${width} ${height} ${this.signature(nodes)}`;
    if (looks === this.looks) return;
    this.looks = looks;
    const homes = new Map(nodes.map((node) => [node.name, []]));
    for (const guest of jarvis.panel('guests').rows.values()) homes.get(guest.node)?.push(guest);
    const most = Math.max(0, ...[...homes.values()].map((all) => all.length));
    const { places, side } = placeNodes(nodes.length, width, height);
    this.scale = sizesFor(side, most);
    this.width = width;
    this.height = height;
    const before = this.byKey;
    this.byKey = new Map();
    this.spots = [];
    this.nodes = nodes.map((node, index) => this.add(before, `node/${node.name}`, node, places[index]));
    nodes.forEach((node, index) => {
      const guests = homes.get(node.name).sort((a, b) => a.vmid - b.vmid);
      const turn = (index * 0.7) % (Math.PI * 2) - Math.PI / 2;
      guests.forEach((guest, nth) => {
        this.add(before, `guest/${guest.vmid}`, guest, placeGuest(places[index], nth, guests.length, this.scale, turn), this.nodes[index]);
      });
    });
    this.links = linksOf(nodes.length);
    const moved = this.spots.some((spot) => spot.x !== spot.toX || spot.y !== spot.toY);
    cancelAnimationFrame(this.ticket);
    if (moved && !atOnce && !jarvis.reduced && !document.hidden) this.travel(performance.now());
    else this.arrive();
    if (this.focus && !this.byKey.has(this.focus.key)) this.focus = null;
    else if (this.focus) this.focus = this.byKey.get(this.focus.key);
    if (this.hover) this.tell(this.byKey.get(this.hover.key) ?? null);
  }

  /** All that the drawing shows: while it stays the same, nothing is drawn anew. */
  signature(nodes) {
    let text = '';
    for (const { name, state } of nodes) text += `${name} ${state};`;
    for (const guest of jarvis.panel('guests').rows.values()) {
      text += `${guest.vmid}${guest.node}${guest.state}${guest.lock ?? ''}${guest.ha ?? ''}${guest.prot};`;
    }
    return text;
  }

  add(before, key, row, place, home = null) {
    const old = before.get(key);
    const spot = { key, row, home, x: old?.x ?? place.x, y: old?.y ?? place.y, toX: place.x, toY: place.y, fromX: 0, fromY: 0 };
    this.spots.push(spot);
    this.byKey.set(key, spot);
    return spot;
  }

  travel(began) {
    for (const spot of this.spots) Object.assign(spot, { fromX: spot.x, fromY: spot.y });
    const step = (at) => {
      const part = Math.min(1, Math.max(0, (at - began) / TRAVEL_MS));
      const eased = 1 - (1 - part) ** 3;
      for (const spot of this.spots) {
        spot.x = spot.fromX + (spot.toX - spot.fromX) * eased;
        spot.y = spot.fromY + (spot.toY - spot.fromY) * eased;
      }
      this.paint();
      if (part < 1) this.ticket = requestAnimationFrame(step);
    };
    this.ticket = requestAnimationFrame(step);
  }

  arrive() {
    for (const spot of this.spots) Object.assign(spot, { x: spot.toX, y: spot.toY });
    this.paint();
  }

  paint() {
    const began = performance.now();
    const pen = fitCanvas(this.canvas, this.width, this.height);
    this.paintLinks(pen);
    if (this.scale.ring) this.paintSpokes(pen);
    this.paintGuests(pen);
    for (const spot of this.nodes) this.paintNode(pen, spot);
    const lit = this.hover ?? (this.focused ? this.focus : null);
    if (lit) this.paintLit(pen, lit);
    const took = performance.now() - began;
    this.cost.paints += 1;
    this.cost.totalMs += took;
    this.cost.maxMs = Math.max(this.cost.maxMs, took);
  }

  paintLinks(pen) {
    const well = (spot) => spot.row.state === 'online';
    pen.lineWidth = 1;
    for (const [i, j] of this.links) {
      const [a, b] = [this.nodes[i], this.nodes[j]];
      const alive = well(a) && well(b);
      pen.strokeStyle = alive ? colour('--line-strong') : colour('--alert', 0.5);
      pen.setLineDash(alive ? [] : [3, 6]);
      pen.beginPath();
      pen.moveTo(a.x, a.y);
      pen.lineTo(b.x, b.y);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  paintSpokes(pen) {
    pen.strokeStyle = colour('--line');
    pen.beginPath();
    for (const spot of this.spots) {
      if (!spot.home) continue;
      pen.moveTo(spot.home.x, spot.home.y);
      pen.lineTo(spot.x, spot.y);
    }
    pen.stroke();
  }

  /** Each look of a guest is drawn once and stamped: two thousand dots are two thousand copies. */
  paintGuests(pen) {
    const { dot } = this.scale;
    const size = Math.ceil(dot) * 2 + 4;
    for (const spot of this.spots) {
      if (!spot.home) continue;
      pen.drawImage(this.stamp(spot.row, dot, size), spot.x - size / 2, spot.y - size / 2, size, size);
    }
    this.paintGuards(pen, dot);
  }

  stamp(guest, dot, size) {
    const tone = toneOf(guest);
    const shape = SHAPES[guest.state] ?? 'hollow';
    const look = `${tone} ${shape} ${dot}`;
    let canvas = this.stamps.get(look);
    if (!canvas) {
      canvas = document.createElement('canvas');
      const pen = fitCanvas(canvas, size, size);
      pen.translate(size / 2, size / 2);
      this.paintDot(pen, dot, tone, shape);
      this.stamps.set(look, canvas);
    }
    return canvas;
  }

  paintDot(pen, dot, tone, shape) {
    const hollow = shape !== 'full' && dot > 2;
    const radius = hollow ? dot - 0.75 : dot;
    pen.beginPath();
    pen.arc(0, 0, radius, 0, Math.PI * 2);
    pen.fillStyle = hollow ? colour('--solid') : colour(tone);
    pen.fill();
    if (!hollow) return;
    pen.lineWidth = 1.5;
    pen.strokeStyle = tone === '--ghost' ? colour('--faint') : colour(tone);
    pen.stroke();
    if (shape !== 'half') return;
    pen.beginPath();
    pen.arc(0, 0, radius, -Math.PI / 2, Math.PI / 2);
    pen.fillStyle = colour(tone);
    pen.fill();
  }

  paintGuards(pen, dot) {
    pen.strokeStyle = colour('--arc-soft');
    pen.lineWidth = 1.2;
    pen.beginPath();
    for (const { row, home, x, y } of this.spots) {
      if (!home || !row.prot) continue;
      pen.moveTo(x + dot + 3.5, y);
      pen.arc(x, y, dot + 3.5, 0, Math.PI * 2);
    }
    pen.stroke();
  }

  paintNode(pen, { row, x, y }) {
    const { node: radius } = this.scale;
    const tone = NODE_TONES[row.state] ?? '--faint';
    pen.beginPath();
    pen.arc(x, y, radius, 0, Math.PI * 2);
    pen.fillStyle = colour('--solid');
    pen.fill();
    pen.lineWidth = radius > 12 ? 2 : 1.5;
    pen.strokeStyle = colour(tone);
    pen.setLineDash(row.state === 'online' ? [] : [4, 3]);
    pen.stroke();
    pen.setLineDash([]);
    if (radius >= 12) this.paintName(pen, row, x, y, radius);
    else if (row.state !== 'online') {
      pen.fillStyle = colour(tone);
      pen.font = `600 ${Math.round(radius * 1.3)}px ${colour('--mono')}`;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(row.state === 'down' ? '!' : '?', x, y + 0.5);
    }
  }

  paintName(pen, row, x, y, radius) {
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    const fits = NAME_SIZES_PX.some((size) => {
      pen.font = `400 ${size}px ${colour('--mono')}`;
      return pen.measureText(row.name).width <= radius * 2 - 6;
    });
    if (fits) {
      pen.fillStyle = colour('--text');
      pen.fillText(row.name, x, y + 0.5);
      return;
    }
    const room = this.scale.ring ? 96 : 64;
    let name = row.name;
    while (name.length > 3 && pen.measureText(name).width > room) name = `${name.slice(0, -2)}…`;
    const half = pen.measureText(name).width / 2 + 3;
    pen.fillStyle = colour('--solid', 0.86);
    pen.fillRect(x - half, y - 8, half * 2, 16);
    pen.fillStyle = colour('--text');
    pen.fillText(name, x, y + 0.5);
  }

  paintLit(pen, spot) {
    pen.strokeStyle = colour('--text');
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(spot.x, spot.y, (spot.home ? this.scale.dot : this.scale.node) + 4, 0, Math.PI * 2);
    pen.stroke();
  }

  at({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top];
    let best = null;
    let least = Infinity;
    for (const spot of this.spots) {
      const radius = spot.home ? this.scale.dot : this.scale.node;
      const distance = Math.hypot(spot.x - x, spot.y - y) - radius;
      if (distance < least && distance < (spot.home ? Math.min(REACH_PX, radius + 3) : 0)) {
        best = spot;
        least = distance;
      }
    }
    return best;
  }

  point(event) {
    const spot = this.at(event);
    this.canvas.style.cursor = spot ? 'pointer' : '';
    if (spot?.key !== this.hover?.key) this.tell(spot);
  }

  click(event) {
    const spot = this.at(event);
    if (spot) this.open(spot);
  }

  open(spot) {
    const slash = spot.key.indexOf('/');
    jarvis.action('open', { kind: spot.key.slice(0, slash), id: spot.key.slice(slash + 1) });
  }

  words({ row, home }) {
    if (!home) {
      const state = NODE_WORDS[row.state] ?? row.state;
      const more = row.state === 'online'
        ? `CPU ${percent(row.cpu)} · ${count(row.guests ?? 0, 'guest')}`
        : `for ${span(jarvis.now() - row.since)}`;
      return `${row.name} · ${state} · ${more}`;
    }
    const name = row.name ? `${row.name} (${row.vmid})` : `guest ${row.vmid}`;
    const state = row.template ? 'template' : row.state === 'stopped' ? 'off' : row.state;
    const parts = [name, row.node, state];
    if (row.state === 'running') parts.push(`CPU ${percent(row.cpu)}`);
    if (row.lock) parts.push(`locked: ${row.lock}`);
    if (row.prot) parts.push('protected');
    return parts.join(' · ');
  }

  tell(spot) {
    this.hover = spot;
    setAttr(this.told, 'hidden', !spot);
    if (spot) {
      setText(this.told, this.words(spot));
      const half = this.told.offsetWidth / 2;
      const left = Math.max(half, Math.min(this.width - half, spot.x));
      const radius = spot.home ? this.scale.dot : this.scale.node;
      const above = spot.y - radius - 34;
      this.told.style.left = `${left}px`;
      this.told.style.top = `${above > 0 ? above : spot.y + radius + 10}px`;
    }
    this.paint();
  }

  settle() {
    this.go(this.focus ?? this.nodes?.[0]);
  }

  go(spot) {
    if (!spot) return;
    this.focus = spot;
    setText(this.option, this.words(spot));
    setAttr(this.box, 'aria-activedescendant', this.option.id);
    this.tell(spot);
  }

  key(event) {
    const spot = this.focus ?? this.nodes[0];
    if (!spot) return;
    const home = spot.home ?? spot;
    const guests = this.spots.filter((other) => other.home === home);
    const to = this.neighbour(event.key, spot, home, guests);
    if (event.key === 'Enter' || event.key === ' ') this.open(spot);
    else if (to === undefined) return;
    event.preventDefault();
    this.go(to);
  }

  neighbour(key, spot, home, guests) {
    const beside = (list, by) => list[(list.indexOf(spot) + by + list.length) % list.length];
    switch (key) {
      case 'ArrowRight': return spot.home ? beside(guests, 1) : beside(this.nodes, 1);
      case 'ArrowLeft': return spot.home ? beside(guests, -1) : beside(this.nodes, -1);
      case 'ArrowDown': return spot.home ? beside(guests, 1) : guests[0] ?? spot;
      case 'ArrowUp': return home;
      case 'Home': return this.nodes[0];
      case 'End': return this.nodes.at(-1);
      default: return undefined;
    }
  }

  destroy() {
    cancelAnimationFrame(this.ticket);
    cancelAnimationFrame(this.soon);
    this.sizes.disconnect();
    this.panel.destroy();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.topology = new Topology(this.$el);
  },
  beforeUnmount() {
    this.topology.destroy();
  },
};
