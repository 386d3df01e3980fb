// The topology: nodes joined by the cluster's links, guests around the node they run on. Drawn on a canvas,
// only when something changed; a guest that moves travels.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { Brush } from 'jarvis-topology-brush';
import { fitCanvas } from 'jarvis-canvas';
import { el, setAttr, setText } from 'jarvis-dom';
import { linksOf, placeGuest, placeNodes, sizesFor } from 'jarvis-layout';
import { makePanel } from 'jarvis-panel';
import { count, percent, span } from 'jarvis-format';

const TRAVEL_MS = 700;
const REACH_PX = 9;
const DRAWN = ['key', 'vmid', 'name', 'node', 'state', 'lock', 'ha', 'prot'];

const NODE_WORDS = { online: 'online', unknown: 'reports nothing', unreachable: 'does not answer', down: 'down' };

export class Topology {
  constructor(host) {
    this.brush = new Brush();
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
      draw: (change) => {
        if (jarvis.touches(change, DRAWN)) this.drawSoon();
      },
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
      key('run', 'running'), key('pause', 'paused or locked'), key('off', 'off'), this.unknown = key('unknown', 'unknown'), key('guard', 'protected'));
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
    const { rows, meta } = jarvis.panel('guests');
    const templates = meta.templates ?? 0;
    const told = [count(nodes, 'node'), count(rows.size - templates, 'guest')];
    return [...told, ...(templates ? [count(templates, 'template')] : [])].join(' · ');
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
    for (const guest of jarvis.panel('guests').rows.values()) {
      if (!guest.template) homes.get(guest.node)?.push(guest); // what never runs is no part of what runs where
    }
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
    setAttr(this.unknown, 'hidden', !this.spots.some((spot) => spot.home && spot.row.state === 'unknown'));
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
    this.brush.paint(pen, this, this.hover ?? (this.focused ? this.focus : null));
    const took = performance.now() - began;
    this.cost.paints += 1;
    this.cost.totalMs += took;
    this.cost.maxMs = Math.max(this.cost.maxMs, took);
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
