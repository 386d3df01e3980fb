// Rings, bars and sparklines of the nodes, on one canvas: as elements each tick would lay them out and paint them anew.

import { jarvis } from 'jarvis';
import { colour, fitCanvas } from 'jarvis-canvas';
import { el } from 'jarvis-dom';
import { known, percentFigure } from 'jarvis-format';

const WARN = 0.75;
const ALERT = 0.9;
const TURN_MS = 500;
const RING = 58; // the ring's measures are those of a ring so wide, and scale
const TRACKS = { down: ['--alert-line'], unreachable: ['--warn-line', 5, 4], unknown: ['--ghost', 1.5, 5] };
const SIGNS = { down: ['✕', '--alert'], unreachable: ['!', '--warn'], unknown: ['—', '--dim'] };
const TONES = { calm: ['--arc-deep', '--arc'], warn: ['--warn-deep', '--warn'], alert: ['--alert-deep', '--alert'] };

function tone(fraction) {
  if (fraction < WARN) return TONES.calm;
  return fraction < ALERT ? TONES.warn : TONES.alert;
}

export class Dials {
  /** Lay the canvas over the rows of a list; room is how many samples a sparkline has room for. */
  constructor(list, room) {
    this.list = list;
    this.room = room;
    this.canvas = el('canvas', { class: 'dials', 'aria-hidden': 'true' });
    list.after(this.canvas);
    this.dials = new Map();
    this.size = { width: 0, height: 0 };
    // Only here is the size known for nothing: asked in a draw, it would lay out the page each tick.
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      this.size = { width: contentRect.width, height: contentRect.height };
      this.canvas.style.width = `${contentRect.width}px`;
      this.canvas.style.height = `${contentRect.height}px`;
      this.place();
      this.draw();
    });
    this.sizes.observe(list);
    document.fonts?.ready.then(() => this.placeSoon());
  }

  /** A node's places, as the elements {ring, mem, root, spark} that hold them open. */
  add(key, slots) {
    this.dials.set(key, { slots, places: {}, state: null, shares: {}, samples: [], before: null, at: 0 });
    this.placeSoon();
  }

  drop(key) {
    this.dials.delete(key);
    this.placeSoon();
  }

  /** Show a node's state and its shares {cpu, mem, root}, from 0 to 1; null is unknown. */
  show(key, state, shares) {
    const dial = this.dials.get(key);
    if (state !== dial.state) this.placeSoon();
    if (dial.state && !jarvis.reduced) {
      dial.before = this.eased(dial, performance.now());
      dial.at = performance.now();
    }
    dial.state = state;
    dial.shares = shares;
    this.drawSoon();
  }

  /** Show a node's samples in per cent, the newest last; null is a gap. */
  trace(key, samples) {
    this.dials.get(key).samples = samples;
    this.drawSoon();
  }

  placeSoon() {
    this.misplaced = true;
    this.drawSoon();
  }

  /** Ask where each dial is, and begin with an empty canvas. */
  place() {
    this.misplaced = false;
    const origin = this.list.getBoundingClientRect();
    for (const { slots, places } of this.dials.values()) {
      for (const [name, slot] of Object.entries(slots)) {
        const { left, top, width, height } = slot.getBoundingClientRect();
        places[name] = width ? { x: left - origin.left, y: top - origin.top, width, height, looks: null } : null;
      }
    }
    this.pen = fitCanvas(this.canvas, this.size.width, this.size.height);
    this.pen.textAlign = 'center';
    this.pen.lineJoin = 'round';
  }

  /** Figures of one message are told one by one: draw once for all. */
  drawSoon() {
    this.soon ??= requestAnimationFrame(() => {
      this.soon = null;
      if (!this.size.width) return;
      if (this.misplaced) this.place();
      this.draw();
    });
  }

  draw() {
    const now = performance.now();
    for (const dial of this.dials.values()) {
      const { places, state, shares, samples } = dial;
      const { cpu, mem, root } = this.eased(dial, now);
      this.paint(places.ring, `${state} ${percentFigure(shares.cpu)} ${cpu}`, () => paintRing(this.pen, places.ring, state, percentFigure(shares.cpu), cpu));
      this.paint(places.mem, mem, () => paintBar(this.pen, places.mem, mem));
      this.paint(places.root, root, () => paintBar(this.pen, places.root, root));
      this.paint(places.spark, samples, () => paintSpark(this.pen, places.spark, samples, this.room));
      if (dial.before) this.drawSoon();
    }
  }

  /** Draw what stands at a place, unless it looks the same already. */
  paint(place, looks, draw) {
    if (!place || place.looks === looks) return;
    place.looks = looks;
    this.pen.clearRect(place.x - 1, place.y - 1, place.width + 2, place.height + 2);
    draw();
  }

  /** The shares on their way from what was shown before, for a page that may move. */
  eased(dial, now) {
    const { before, shares, at } = dial;
    const left = before && !jarvis.reduced ? (1 - Math.min(1, (now - at) / TURN_MS)) ** 3 : 0;
    if (!left) {
      dial.before = null;
      return shares;
    }
    const between = (name) =>
      known(before[name]) && known(shares[name]) ? shares[name] + left * (before[name] - shares[name]) : shares[name];
    return { cpu: between('cpu'), mem: between('mem'), root: between('root') };
  }

  destroy() {
    this.sizes.disconnect();
    if (this.soon) cancelAnimationFrame(this.soon);
    this.canvas.remove();
  }
}

function paintRing(pen, { x, y, width }, state, read, cpu) {
  const scale = width / RING;
  const [middle, level, radius] = [x + width / 2, y + width / 2, 24 * scale];
  const [track, ...dash] = TRACKS[state] ?? ['--track'];
  const [figure, ink] = SIGNS[state] ?? [read, '--text'];
  pen.lineWidth = 4 * scale;
  pen.lineCap = 'butt';
  pen.setLineDash(dash.map((part) => part * scale));
  pen.strokeStyle = colour(track);
  pen.beginPath();
  pen.arc(middle, level, radius, 0, 2 * Math.PI);
  pen.stroke();
  pen.setLineDash([]);
  if (state === 'online' && cpu > 0) {
    pen.lineCap = 'round';
    pen.strokeStyle = colour(tone(cpu)[1]);
    pen.beginPath();
    pen.arc(middle, level, radius, -Math.PI / 2, (Math.min(1, cpu) * 2 - 0.5) * Math.PI);
    pen.stroke();
  }
  const size = Math.max(10, 14 * scale);
  pen.font = `400 ${size}px "JetBrains Mono", monospace`;
  pen.fillStyle = colour(ink);
  pen.fillText(figure, middle, level + 0.36 * size);
}

function paintBar(pen, { x, y, width, height }, share) {
  if (!(share > 0)) return;
  const filled = width * Math.min(1, share);
  const [from, to] = tone(share);
  const fill = pen.createLinearGradient(x, 0, x + filled, 0);
  fill.addColorStop(0, colour(from));
  fill.addColorStop(1, colour(to));
  pen.fillStyle = fill;
  pen.beginPath();
  pen.roundRect(x, y, filled, height, height / 2);
  pen.fill();
}

/** The newest sample is at the right, where there is room for so many; a gap lifts the pen. */
function paintSpark(pen, { x, y, width, height }, samples, room) {
  const most = Math.max(25, ...samples.filter(known));
  const step = width / (room - 1);
  let down = false;
  pen.beginPath();
  samples.forEach((sample, i) => {
    if (known(sample)) {
      const right = x + step * (i + room - samples.length);
      const level = y + height - 1 - ((height - 3) * sample) / most;
      if (!down) pen.moveTo(right - 0.1, level); // by the letter, a line of no length is not drawn
      pen.lineTo(right, level);
    }
    down = known(sample);
  });
  pen.lineWidth = 1.3;
  pen.lineCap = 'round';
  pen.strokeStyle = colour('--arc', 0.85);
  pen.stroke();
}
