// The arc reactor: the cluster's mood at a glance. It breathes slowly, turns, and its ring tells the load.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { colour, fitCanvas } from 'jarvis-canvas';
import { el, setAttr, setFigure, setText } from 'jarvis-dom';
import { stateOf } from 'jarvis-panel';
import { percent } from 'jarvis-format';

// What a mood looks like. Turns are revolutions a minute, breath is seconds, depth how far it dims. Frames a second
// are what its pace needs: more would not be seen, only paid for.
const MOODS = {
  unknown: { colour: '--faint', turns: 0, breath: 0, depth: 0, glow: 0.3, frames: 0, word: 'Unknown' },
  calm: { colour: '--arc', turns: 1, breath: 6, depth: 0.16, glow: 0.85, frames: 8, word: 'Nominal' },
  busy: { colour: '--arc', turns: 3.2, breath: 3.2, depth: 0.2, glow: 1, frames: 12, word: 'Busy' },
  attention: { colour: '--warn', turns: 1.6, breath: 4, depth: 0.22, glow: 0.9, frames: 8, word: 'Attention' },
  alarm: { colour: '--alert', turns: 2.4, breath: 1.2, depth: 0.5, glow: 1, frames: 15, word: 'Alarm' },
};
// What Jarvis himself does changes the pace and the word, never the colour: that stays the cluster's.
const DOINGS = {
  listening: { turns: 0.6, breath: 5, frames: 8, word: 'Listening' },
  thinking: { turns: 5, breath: 2.4, frames: 14, word: 'Thinking' },
  acting: { turns: 9, breath: 1.8, frames: 15, word: 'Acting' },
  waiting: { turns: 0.4, breath: 3, frames: 8, word: 'Waiting for you' },
  answering: { turns: 2.4, breath: 1.6, frames: 14, word: 'Answering' },
};
const FULL = Math.PI * 2;
const SEGMENTS = 10;
const FACE = 200;
const HUB = 110;

/** Draws one mood at one size: the frame once, the hub in its middle each frame out of layers kept. */
class Face {
  constructor(size, mood) {
    this.unit = size / FACE;
    this.size = Math.round(HUB * this.unit);
    this.mood = mood;
    this.tone = colour(mood.colour);
    this.track = colour(mood.colour, 0.22);
    this.cogs = this.layer((pen) => this.drawCogs(pen));
    this.core = this.layer((pen) => this.drawCore(pen));
    this.heart = this.layer((pen) => this.drawHeart(pen));
  }

  layer(draw) {
    const canvas = document.createElement('canvas');
    const pen = fitCanvas(canvas, this.size, this.size);
    pen.translate(this.size / 2, this.size / 2);
    pen.scale(this.unit, this.unit);
    draw(pen);
    return canvas;
  }

  ring(pen, radius, width, stroke, dash = []) {
    pen.beginPath();
    pen.arc(0, 0, radius, 0, FULL);
    pen.setLineDash(dash);
    pen.lineWidth = width;
    pen.strokeStyle = stroke;
    pen.stroke();
    pen.setLineDash([]);
  }

  /** What stands still, into a cleared context of the whole size. */
  drawFrame(pen) {
    const tone = this.mood.colour;
    pen.translate((FACE / 2) * this.unit, (FACE / 2) * this.unit);
    pen.scale(this.unit, this.unit);
    this.ring(pen, 96, 1, colour('--line'));
    this.ring(pen, 90, 1, colour(tone, 0.35), [2, 6.08]);
    for (let i = 0; i < SEGMENTS; i++) {
      pen.save();
      pen.rotate((i * FULL) / SEGMENTS);
      this.trapeze(pen, [-16, -82, 16, -82, 12, -58, -12, -58]);
      pen.fillStyle = '#0c2d44';
      pen.fill();
      pen.lineWidth = 1;
      pen.strokeStyle = colour(tone, 0.75);
      pen.stroke();
      this.trapeze(pen, [-11, -78, 11, -78, 9, -72, -9, -72]);
      pen.fillStyle = colour(tone, 0.75);
      pen.fill();
      pen.restore();
    }
    this.ring(pen, 52, 3, colour('--track'));
  }

  trapeze(pen, [x0, y0, ...rest]) {
    pen.beginPath();
    pen.moveTo(x0, y0);
    for (let i = 0; i < rest.length; i += 2) pen.lineTo(rest[i], rest[i + 1]);
    pen.closePath();
  }

  drawCogs(pen) {
    this.ring(pen, 45, 6, colour(this.mood.colour, 0.38), [14, 9.56]);
  }

  drawCore(pen) {
    const tone = this.mood.colour;
    const light = pen.createRadialGradient(0, 0, 0, 0, 0, 40);
    light.addColorStop(0, '#f3feff');
    light.addColorStop(0.26, tone === '--arc' ? '#8be7ff' : colour(tone));
    light.addColorStop(0.6, colour(tone, 0.34));
    light.addColorStop(1, colour(tone, 0));
    pen.fillStyle = light;
    pen.beginPath();
    pen.arc(0, 0, 40, 0, FULL);
    pen.fill();
  }

  drawHeart(pen) {
    pen.fillStyle = this.mood.colour === '--faint' ? colour('--ghost') : '#f3feff';
    pen.beginPath();
    pen.arc(0, 0, 12.5, 0, FULL);
    pen.fill();
  }

  /** One frame: turn in revolutions, breath from 0 to 1, load as a fraction or null. */
  paint(pen, turn, breath, load) {
    const { size, mood } = this;
    const half = size / 2;
    const put = (layer, angle, alpha) => {
      pen.globalAlpha = alpha;
      pen.translate(half, half);
      pen.rotate(angle);
      pen.drawImage(layer, -half, -half, size, size);
      pen.rotate(-angle);
      pen.translate(-half, -half);
    };
    pen.clearRect(0, 0, size, size);
    put(this.cogs, turn * FULL, 1);
    put(this.core, 0, mood.glow * (1 - mood.depth * breath));
    put(this.heart, 0, 1 - mood.depth * breath * 0.3);
    pen.globalAlpha = 1;
    this.paintLoad(pen, load);
  }

  paintLoad(pen, load) {
    pen.save();
    pen.translate(this.size / 2, this.size / 2);
    pen.scale(this.unit, this.unit);
    pen.lineCap = 'round';
    pen.lineWidth = 2.6;
    pen.strokeStyle = this.track;
    pen.beginPath();
    pen.arc(0, 0, 52, 0, FULL);
    pen.stroke();
    if (load !== null && load > 0.003) {
      pen.strokeStyle = this.tone;
      pen.beginPath();
      pen.arc(0, 0, 52, -FULL / 4, -FULL / 4 + FULL * Math.min(1, load));
      pen.stroke();
    }
    pen.restore();
  }
}

/** Put a square canvas into the middle of its box. */
function place(canvas, size, width, height) {
  canvas.style.cssText = `width:${size}px;height:${size}px;left:${(width - size) / 2}px;top:${(height - size) / 2}px`;
}

/** Keeps the canvas in step with the mood; animates only while it is seen and motion is wanted. */
export class Reactor {
  constructor(host) {
    this.frame = el('canvas', {});
    this.canvas = el('canvas', {});
    this.box = el('div', { class: 'reactor-face', role: 'img' }, this.frame, this.canvas);
    this.word = el('span', { class: 'reactor-word' });
    this.load = el('span', { class: 'reactor-load figure num' });
    host.append(el('div', { class: 'reactor' }, this.box, el('div', { class: 'reactor-told' }, this.word, this.load)));
    this.host = host.lastElementChild;
    this.cost = { frames: 0, totalMs: 0, maxMs: 0 };
    this.shown = { mood: 'unknown', load: null, doing: null };
    this.listening = false;
    this.turn = 0;
    this.seen = true;
    this.ticket = 0;
    this.before = 0;
    this.offs = [
      jarvis.on('reactor', () => this.read()),
      jarvis.on('talk', () => this.read()),
      jarvis.on('gate', () => this.read()),
      jarvis.on('listening', ({ on }) => {
        this.listening = on;
        this.read();
      }),
      jarvis.on('second', () => this.read()),
      jarvis.on('connection', () => this.read()),
      jarvis.on('effects', () => this.resume()),
    ];
    this.room = { width: 0, height: 0 };
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      this.room = contentRect;
      this.fit();
    });
    this.sizes.observe(this.box);
    this.sight = new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.resume();
    });
    this.sight.observe(this.box);
    this.onVisibility = () => this.resume();
    document.addEventListener('visibilitychange', this.onVisibility);
    this.motion = matchMedia('(prefers-reduced-motion: reduce)');
    this.motion.addEventListener('change', this.onVisibility);
    this.read();
  }

  /** What the talk does: it waits for nobody once a word was given, though its turn follows the call to its end. */
  get doing() {
    const { doing } = jarvis.panel('talk').meta;
    return doing === 'waiting' && jarvis.panel('gate').meta.waiting === 0 ? 'acting' : doing;
  }

  read() {
    const { meta } = jarvis.panel('reactor');
    const current = jarvis.connection === 'up' && stateOf(meta) === 'ok';
    const mood = current && meta.mood in MOODS ? meta.mood : 'unknown';
    const load = current ? meta.load ?? null : null;
    const doing = this.doing ?? (this.listening ? 'listening' : null);
    if (mood === this.shown.mood && load === this.shown.load && doing === this.shown.doing && this.told) return;
    this.told = true;
    const changed = mood !== this.shown.mood;
    this.shown = { mood, load, doing };
    const { word } = DOINGS[doing] ?? MOODS[mood];
    setText(this.word, word);
    setAttr(this.word, 'data-mood', mood);
    setFigure(this.load, `load ${percent(load)}`);
    setAttr(this.box, 'aria-label', `Cluster: ${MOODS[mood].word.toLowerCase()}, load ${percent(load)}`);
    if (changed) this.fit();
    else this.resume();
  }

  fit() {
    const { width, height } = this.room;
    const size = Math.floor(Math.min(width, height));
    if (size < 16) return;
    this.face = new Face(size, MOODS[this.shown.mood]);
    this.face.drawFrame(fitCanvas(this.frame, size, size));
    fitCanvas(this.canvas, this.face.size, this.face.size);
    place(this.frame, size, width, height);
    place(this.canvas, this.face.size, width, height);
    this.resume();
  }

  get still() {
    return jarvis.reduced || this.motion.matches || !this.face || !this.pace.turns;
  }

  get pace() {
    return DOINGS[this.shown.doing] ?? this.face.mood;
  }

  resume() {
    this.rest();
    if (!this.face || !this.seen || document.hidden) return;
    this.paint(0);
    this.before = performance.now();
    if (!this.still) this.wait();
  }

  rest() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.ticket);
  }

  /** A frame only when one is due: asking for each would wake the page sixty times a second. */
  wait() {
    this.timer = setTimeout(() => {
      this.ticket = requestAnimationFrame((at) => this.step(at));
    }, 1000 / this.pace.frames);
  }

  step(at) {
    this.wait();
    const passed = Math.min(0.2, Math.max(0, at - this.before) / 1000);
    this.before = at;
    const began = performance.now();
    this.turn += (passed * this.pace.turns) / 60;
    const { breath } = this.pace;
    this.paint(breath ? (1 - Math.cos((at / 1000 / breath) * FULL)) / 2 : 0);
    const took = performance.now() - began;
    this.cost.frames += 1;
    this.cost.totalMs += took;
    this.cost.maxMs = Math.max(this.cost.maxMs, took);
  }

  paint(breath) {
    this.face.paint(this.canvas.getContext('2d'), this.turn, breath, this.shown.load);
  }

  destroy() {
    this.rest();
    this.offs.forEach((off) => off());
    this.sizes.disconnect();
    this.sight.disconnect();
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.motion.removeEventListener('change', this.onVisibility);
    this.host.remove();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.reactor = new Reactor(this.$el);
  },
  beforeUnmount() {
    this.reactor.destroy();
  },
};
