// Draws the topology on a canvas: links, spokes, guests, nodes and their names. Where each stands is told to it.

import { colour, fitCanvas } from 'jarvis-canvas';

const NAME_SIZES_PX = [10, 9];
const NAMED_FROM_PX = 12;
const NAMED_WITH_LINKS_FROM_PX = 9;
const NODE_TONES = { online: '--arc', unknown: '--faint', unreachable: '--warn', down: '--alert' };

const SHAPES = { running: 'full', paused: 'half', stopped: 'hollow' };

function toneOf(guest) {
  if (guest.state === 'running') return guest.lock || guest.ha === 'error' ? '--warn' : '--ok';
  if (guest.state === 'paused') return '--warn';
  return '--ghost';
}

export class Brush {
  constructor() {
    this.stamps = new Map();
  }

  /** Draw a scene {spots, nodes, links, scale}; the spot `lit` is ringed. */
  paint(pen, { spots, nodes, links, scale }, lit) {
    Object.assign(this, { spots, nodes, links, scale });
    this.paintLinks(pen);
    if (scale.ring) this.paintSpokes(pen);
    this.paintGuests(pen);
    for (const spot of nodes) this.paintNode(pen, spot);
    if (lit) this.paintLit(pen, lit);
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
    const shape = SHAPES[guest.state] ?? 'dashed';
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
    if (shape === 'dashed') pen.setLineDash([radius * 0.6, radius * 0.45]);
    pen.stroke();
    pen.setLineDash([]);
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
    if (radius >= (this.links.length ? NAMED_WITH_LINKS_FROM_PX : NAMED_FROM_PX)) this.paintName(pen, row, x, y, radius);
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
      return pen.measureText(row.name).width <= radius * 2 - 5;
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
}
