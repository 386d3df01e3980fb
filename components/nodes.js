// The nodes. A row is built once and its words are set in place; its dials are drawn over it.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { Dials } from 'jarvis-dials';
import { el, setAttr, setText, tellOnHover } from 'jarvis-dom';
import { temperatureAge } from 'jarvis-facts';
import { makePanel } from 'jarvis-panel';
import { ago, celsius, count, known, moment, percent, share, sizeOf, span } from 'jarvis-format';

const MINUTES = 40;
const COMPACT_ABOVE = 6;
const LONG_UP_S = 10 * 86_400;
const WORDS = { unreachable: 'unreachable', down: 'down', unknown: 'reports nothing' };

/** What stands before the newest point: a minute has one, and a minute without any is a gap. */
function moved(samples, minutes) {
  if (!(minutes > 0)) return samples.slice(0, -1);
  return [...samples, ...Array(Math.min(minutes, MINUTES) - 1).fill(null)];
}

/** How long a node is up; past ten days the hours no longer matter, nor is there room for them. */
const upFor = (seconds) => span(seconds < LONG_UP_S ? seconds : Math.floor(seconds / 86_400) * 86_400);

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.lines = new Map();
    this.sparks = new Map();
    this.sampled = null;
    this.minute = null;
    this.list = el('ul');
    this.box = el('div', { class: 'nodes' }, this.list);
    this.dials = new Dials(this.list, MINUTES);
    this.panel = makePanel(this.$el, {
      panel: 'nodes',
      title: 'Nodes',
      empty: 'The cluster has no nodes.',
      skeleton: 4,
      note: (meta) => (meta.as_of ? `seen ${ago(meta.as_of, jarvis.now())}` : ''),
      draw: (change) => this.draw(change),
    });
    this.panel.body.append(this.box);
    // Samples are taken from the store, not from the drawing, so a hidden panel misses none.
    this.offs = [jarvis.on('nodes', (change) => this.sample(change)), jarvis.on('second', () => this.age())];
    this.sample({ reset: true });
    this.panel.refresh();
  },
  beforeUnmount() {
    this.offs.forEach((off) => off());
    this.dials.destroy();
    this.panel.destroy();
  },
  methods: {
    sample(change) {
      const { rows, meta } = jarvis.panel('nodes');
      if (change.reset) this.sparks.clear();
      else if (meta.as_of === this.sampled && !change.fields.has('spark')) return;
      const minute = Math.floor(meta.as_of / 60);
      for (const row of rows.values()) {
        const kept = this.sparks.get(row.key);
        const now = row.state === 'online' && known(row.cpu) ? Math.round(row.cpu * 100) : null;
        // A line that the server has just told ends with this minute.
        const samples = kept && kept.told === row.spark
          ? moved(kept.samples, minute - this.minute)
          : row.spark?.slice(0, -1) ?? [];
        this.sparks.set(row.key, { told: row.spark, samples: [...samples, now].slice(-MINUTES) });
      }
      this.sampled = meta.as_of;
      this.minute = minute;
      for (const key of this.lines.keys()) this.trace(key);
    },
    trace(key) {
      this.dials.trace(key, this.sparks.get(key)?.samples ?? []);
    },
    draw(change) {
      const { rows } = jarvis.panel('nodes');
      for (const [key, line] of this.lines) {
        if (rows.has(key)) continue;
        line.root.remove();
        this.lines.delete(key);
        this.dials.drop(key);
      }
      const ordered = jarvis.rows('nodes');
      setAttr(this.box, 'data-size', ordered.length > COMPACT_ABOVE ? 'compact' : 'full');
      ordered.forEach((row, index) => {
        const fresh = !this.lines.has(row.key);
        const line = this.lines.get(row.key) ?? this.add(row.key);
        if (this.list.children[index] !== line.root) this.list.insertBefore(line.root, this.list.children[index] ?? null);
        if (fresh || change.reset || change.keys.has(row.key)) this.fill(line, row);
        if (fresh) this.trace(row.key);
      });
    },
    add(key) {
      const name = el('b');
      const model = el('span', { class: 'model' });
      const [mem, disk] = ['mem', 'root'].map((label) => {
        const bar = el('span', { class: 'bar' });
        const value = el('span', { class: 'value' });
        const row = el('span', { class: 'gauge' }, el('span', { text: label }), bar, value);
        return { bar, value, tell: tellOnHover(row, () => this.told(label, key)), row };
      });
      const word = el('span', { class: 'word' });
      const [ring, spark] = [el('span', { class: 'ring', 'aria-hidden': 'true' }), el('span', { class: 'spark', title: `CPU over ${MINUTES} min` })];
      const temp = el('b');
      const up = el('span');
      const aged = el('span', { class: 'aged' });
      const button = el('button', { type: 'button', class: 'node', onclick: () => jarvis.action('open', { kind: 'node', id: key }) },
        ring,
        el('span', { class: 'middle', 'aria-hidden': 'true' }, el('span', { class: 'title' }, name, model), word, mem.row, disk.row),
        el('span', { class: 'side num', 'aria-hidden': 'true' }, spark, el('span', { class: 'foot' }, temp, up), aged));
      const line = { root: el('li', {}, button), button, name, model, mem, disk, word, temp, up, aged };
      line.root.dataset.key = key;
      this.lines.set(key, line);
      this.dials.add(key, { ring, spark, mem: mem.bar, root: disk.bar });
      return line;
    },
    fill(line, row) {
      setAttr(line.button, 'data-state', row.state);
      const online = row.state === 'online';
      setText(line.name, row.name);
      const ill = row.ills?.length ? (row.ills.some(([, alarm]) => alarm) ? 'alert' : 'warn') : null;
      setAttr(line.button, 'data-ill', ill);
      // What is wrong with a node matters more than what it is made of, and takes its place.
      setText(line.model, online && ill ? row.ills[0][0] + (row.ills.length > 1 ? ` +${row.ills.length - 1}` : '') : row.model ?? '');
      setAttr(line.model, 'title', online && ill ? row.ills.map(([text]) => text).join(', ') : null);
      const cpu = online ? row.cpu : null;
      const mem = share(row.mem, row.memtotal);
      const disk = share(row.root, row.roottotal);
      setText(line.mem.value, percent(mem));
      setText(line.disk.value, percent(disk));
      line.mem.tell();
      line.disk.tell();
      this.dials.show(row.key, row.state, { cpu, mem, root: disk });
      setText(line.temp, online && known(row.temp) ? celsius(row.temp) : '');
      line.says = [
        row.name, online ? 'online' : WORDS[row.state] ?? row.state,
        ...(online ? [`CPU ${percent(cpu)}`, `memory ${percent(mem)}`, `root disk ${percent(disk)}`] : []),
        ...(row.ills ?? []).map(([text]) => text), count(row.guests ?? 0, 'guest'),
      ].join(', ');
      this.ageLine(line, row);
    },
    told(label, key) {
      const row = jarvis.panel('nodes').rows.get(key);
      return label === 'mem' ? `memory ${sizeOf(row.mem, row.memtotal)}` : `root disk ${sizeOf(row.root, row.roottotal)}`;
    },
    age() {
      const { rows } = jarvis.panel('nodes');
      for (const [key, line] of this.lines) {
        const row = rows.get(key);
        if (row) this.ageLine(line, row);
      }
    },
    ageLine(line, row) {
      const now = jarvis.now();
      this.ageTemp(line, row, now);
      if (row.state === 'online') {
        setText(line.up, known(row.boot) ? upFor(now - row.boot) : '—');
        setText(line.word, '');
        return;
      }
      const word = WORDS[row.state] ?? row.state;
      setText(line.up, '');
      setText(line.word, row.state === 'down'
        ? `down since ${moment(row.since, now)}${known(row.seen) ? ` · last seen ${ago(row.seen, now)}` : ''}`
        : `${word} for ${span(now - row.since)}`);
    },
    ageTemp(line, row, now) {
      const read = row.state === 'online' && known(row.temp);
      const aged = read ? temperatureAge(row, now, jarvis.panel('nodes').meta.old_after) : '';
      if (Boolean(line.aged.textContent) !== Boolean(aged)) this.dials.placeSoon();
      setText(line.aged, aged ? `${aged} old` : '');
      setAttr(line.temp, 'class', aged ? 'faint' : read && row.hot ? 'warn' : null);
      const of = row.tempof ? `Temperature of ${row.tempof}` : 'Temperature';
      const why = row.temp_says ? `: ${row.temp_says}` : '';
      setAttr(line.temp, 'title', read ? (aged ? `${of}, as of ${aged} ago${why}` : of) : null);
      setAttr(line.button, 'aria-label', read ? `${line.says}, ${celsius(row.temp)}${aged ? ` as of ${aged} ago` : ''}` : line.says);
    },
  },
};
