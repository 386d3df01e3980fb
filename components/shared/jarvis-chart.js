// A small chart of values over time: axes with units, gaps where a sample is missing, a cursor that several share.

import { colour, fitCanvas } from 'jarvis-canvas';
import { el, setText } from 'jarvis-dom';
import { hourMinute, known, shortDate, stamp } from 'jarvis-format';

const LEFT_LEAST = 30;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 18;
const TIME_STEPS_S = [300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800];

/** Round marks from zero to at least peak: [0, 25, 50, 75, 100]. Powers of 1024 keep bytes round. */
function marksUpTo(peak, binary = false) {
  const base = binary ? 1024 : 10;
  const target = (peak > 0 ? peak : 1) / 4;
  const power = base ** Math.floor(Math.log(target) / Math.log(base));
  const steps = binary ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 5, 10];
  const step = power * steps.find((factor) => factor * power >= target - 1e-9);
  const marks = [];
  for (let mark = 0; mark < (peak > 0 ? peak : 1) + step * 0.999; mark += step) marks.push(mark);
  return marks;
}

/** The moments worth a mark between two, at round local times. */
function timeMarks(from, to, room) {
  const span = to - from;
  const step = TIME_STEPS_S.find((size) => span / size <= room) ?? TIME_STEPS_S.at(-1);
  const shift = new Date(from * 1000).getTimezoneOffset() * 60;
  const marks = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) marks.push(at);
  return { marks, step };
}

/** Runs of samples without a hole; a null, or a pause of more than one and a half steps, is a hole. */
function unbroken(times, values, step) {
  const runs = [];
  let run = null;
  times.forEach((at, index) => {
    const broken = index > 0 && at - times[index - 1] > step * 1.5;
    if (!known(values[index])) run = null;
    else if (run === null || broken) runs.push((run = [index]));
    else run.push(index);
  });
  return runs;
}

/** One chart. series: [{name, tone, values}], axis: {format, ceiling, binary}. */
export class Chart {
  constructor({ title, format, ceiling = null, binary = false, onCursor }) {
    this.axis = { format, ceiling, binary };
    this.title = title;
    this.onCursor = onCursor;
    this.cursor = null;
    this.left = LEFT_LEAST;
    this.canvas = el('canvas', { class: 'chart-canvas', 'aria-hidden': 'true' });
    this.readout = el('span', { class: 'chart-readout num' });
    this.spoken = el('span', { class: 'unseen', 'aria-live': 'polite' });
    this.box = el('div', { class: 'chart-box', tabindex: '0', role: 'img' }, this.canvas);
    this.root = el('figure', { class: 'chart' },
      el('figcaption', { class: 'chart-head' }, el('span', { class: 'chart-title', text: title }), this.readout), this.box, this.spoken);
    this.box.addEventListener('pointermove', (event) => this.point(event));
    this.box.addEventListener('pointerleave', () => this.onCursor(null));
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.box.addEventListener('blur', () => this.onCursor(null));
    this.sizes = new ResizeObserver(() => this.paint());
    this.sizes.observe(this.box);
  }

  /** Take samples: times ascending in epoch seconds; the chart spans from..to, and leaves out what is older. */
  show({ times, step, from, to, series, ceiling = null }) {
    const older = times.filter((at) => at < from).length;
    this.series = series.map((one) => ({ ...one, values: one.values.slice(older) }));
    Object.assign(this, { times: times.slice(older), step, from, to });
    this.axis.ceiling = ceiling;
    const all = this.series.flatMap((one) => one.values).filter(known);
    this.bare = all.length === 0;
    const peak = Math.max(ceiling ?? 0, ...all);
    this.marks = marksUpTo(peak, this.axis.binary);
    this.top = ceiling && peak <= ceiling ? ceiling : this.marks.at(-1);
    if (this.top === ceiling) this.marks = [...this.marks.filter((mark) => mark < ceiling * 0.86), ceiling];
    this.box.setAttribute('aria-label', this.summary());
    this.paint();
  }

  summary() {
    if (this.bare) return `${this.title}: no samples`;
    const told = this.series.map(({ name, values }) => {
      const some = values.filter(known);
      if (!some.length) return `${name} not known`;
      const last = this.axis.format(some.at(-1));
      return `${name} now ${last}, least ${this.axis.format(Math.min(...some))}, most ${this.axis.format(Math.max(...some))}`;
    });
    return `${this.title}: ${told.join('; ')}. Arrow keys read the samples.`;
  }

  x(at) {
    return this.left + ((at - this.from) / (this.to - this.from || 1)) * (this.width - this.left - RIGHT);
  }

  y(value) {
    return TOP + (1 - value / (this.top || 1)) * (this.height - TOP - BOTTOM);
  }

  paint() {
    this.width = this.box.clientWidth;
    this.height = this.box.clientHeight;
    if (!this.width || !this.height || !this.times) return;
    const pen = fitCanvas(this.canvas, this.width, this.height);
    pen.font = `400 10px ${colour('--mono')}`;
    this.left = this.margin(pen);
    this.paintAxes(pen);
    if (this.bare) this.paintBare(pen);
    else this.series.forEach((one, index) => this.paintSeries(pen, one, index === 0));
    this.paintCursor(pen);
    this.tell();
  }

  /** Room for the widest label of the values' axis. */
  margin(pen) {
    const widths = this.marks.map((mark) => pen.measureText(this.label(mark)).width);
    return Math.ceil(Math.max(LEFT_LEAST, ...widths)) + 8;
  }

  label(mark) {
    return mark === 0 ? '0' : this.axis.format(mark).replaceAll('\u00a0', ' ');
  }

  paintAxes(pen) {
    const floor = this.height - BOTTOM;
    pen.lineWidth = 1;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    const lines = this.marks.length > 5 ? this.marks.filter((_, index) => (this.marks.length - 1 - index) % 2 === 0 || !index) : this.marks;
    for (const mark of lines) {
      const y = Math.round(this.y(mark)) + 0.5;
      pen.strokeStyle = colour('--line', mark === 0 ? 1 : 0.6);
      pen.beginPath();
      pen.moveTo(this.left, y);
      pen.lineTo(this.width - RIGHT, y);
      pen.stroke();
      pen.fillStyle = colour('--faint');
      pen.fillText(this.label(mark), this.left - 6, y);
    }
    const { marks, step } = timeMarks(this.from, this.to, Math.max(2, Math.floor(this.width / 84)));
    pen.textBaseline = 'alphabetic';
    pen.textAlign = 'center';
    for (const at of marks) {
      const x = Math.round(this.x(at)) + 0.5;
      if (x < this.left + 14 || x > this.width - 16) continue;
      pen.strokeStyle = colour('--line', 0.45);
      pen.beginPath();
      pen.moveTo(x, TOP);
      pen.lineTo(x, floor + 3);
      pen.stroke();
      pen.fillText(step >= 86400 ? shortDate(at) : hourMinute(at), x, this.height - 4);
    }
  }

  paintBare(pen) {
    pen.fillStyle = colour('--dim');
    pen.font = `500 13px ${colour('--ui')}`;
    pen.textAlign = 'center';
    pen.fillText('No samples in this span.', (this.left + this.width) / 2, this.height / 2);
  }

  paintSeries(pen, { tone, values }, filled) {
    const floor = this.height - BOTTOM;
    pen.lineJoin = 'round';
    for (const run of unbroken(this.times, values, this.step)) {
      const points = run.map((index) => [this.x(this.times[index]), this.y(values[index])]);
      if (points.length === 1) {
        pen.fillStyle = colour(tone);
        pen.fillRect(points[0][0] - 1, points[0][1] - 1, 2, 2);
        continue;
      }
      pen.beginPath();
      points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.lineWidth = filled ? 1.8 : 1.4;
      pen.strokeStyle = colour(tone);
      pen.stroke();
      if (!filled) continue;
      pen.lineTo(points.at(-1)[0], floor);
      pen.lineTo(points[0][0], floor);
      pen.closePath();
      pen.fillStyle = colour(tone, 0.09);
      pen.fill();
    }
  }

  paintCursor(pen) {
    const index = this.nearest();
    if (index === null) return;
    const x = this.x(this.times[index]);
    pen.strokeStyle = colour('--arc-soft', 0.6);
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, TOP);
    pen.lineTo(x, this.height - BOTTOM);
    pen.stroke();
    for (const { tone, values } of this.series) {
      if (!known(values[index])) continue;
      pen.fillStyle = colour('--solid');
      pen.strokeStyle = colour(tone);
      pen.lineWidth = 1.6;
      pen.beginPath();
      pen.arc(x, this.y(values[index]), 3, 0, Math.PI * 2);
      pen.fill();
      pen.stroke();
    }
  }

  nearest() {
    if (this.cursor === null || !this.times?.length) return null;
    let best = 0;
    this.times.forEach((at, index) => {
      if (Math.abs(at - this.cursor) < Math.abs(this.times[best] - this.cursor)) best = index;
    });
    return best;
  }

  /** Beside the title: the sample under the cursor, else the newest that is known. */
  tell() {
    const under = this.nearest();
    const parts = this.series.map(({ name, tone, values }) => {
      const index = under ?? values.findLastIndex(known);
      const value = index < 0 ? null : values[index];
      return el('span', {}, el('i', { class: 'chart-key', style: `background:var(${tone})` }),
        this.series.length > 1 ? `${name} ` : '', el('b', { text: this.axis.format(value) }));
    });
    const when = under === null ? [] : [el('span', { class: 'faint', text: stamp(this.times[under]) })];
    this.readout.replaceChildren(...when, ...parts);
  }

  /** Set the shared cursor, in epoch seconds or null. */
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const part = (event.clientX - box.left - this.left) / (this.width - this.left - RIGHT);
    this.onCursor(this.from + Math.max(0, Math.min(1, part)) * (this.to - this.from));
  }

  setCursor(at) {
    if (this.cursor === at) return;
    this.cursor = at;
    this.paint();
  }

  key(event) {
    if (!this.times?.length) return;
    const last = this.times.length - 1;
    const from = this.nearest() ?? last;
    const jump = Math.max(1, Math.round(this.times.length / 10));
    const to = {
      ArrowLeft: from - 1, ArrowRight: this.cursor === null ? last : from + 1, PageUp: from - jump, PageDown: from + jump, Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(last, to));
    this.onCursor(this.times[index]);
    const told = this.series.map(({ name, values }) => `${name} ${this.axis.format(values[index])}`);
    setText(this.spoken, `${stamp(this.times[index])}: ${told.join(', ')}`);
  }

  destroy() {
    this.sizes.disconnect();
    this.root.remove();
  }
}
