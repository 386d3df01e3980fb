// The storages, fullest first: a bar, its share, and a word where there is none.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText, tellOnHover } from 'jarvis-dom';
import { makePanel } from 'jarvis-panel';
import { UNKNOWN, count, filled, percent, sizeOf } from 'jarvis-format';

const TONES = { warning: 'warn', critical: 'alert' };

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.lines = new Map();
    this.list = el('ul', { class: 'storages' });
    this.panel = makePanel(this.$el, {
      panel: 'storage',
      title: 'Storage',
      empty: 'No storage is defined.',
      note: () => count(jarvis.panel('storage').rows.size, 'storage'),
      draw: (change) => this.draw(change),
    });
    this.panel.body.append(this.list);
    this.panel.refresh();
  },
  beforeUnmount() {
    this.panel.destroy();
  },
  methods: {
    draw(change) {
      const { rows } = jarvis.panel('storage');
      for (const [key, line] of this.lines) {
        if (rows.has(key)) continue;
        line.root.remove();
        this.lines.delete(key);
      }
      const ordered = jarvis.rows('storage');
      ordered.forEach((row, index) => {
        const line = this.lines.get(row.key) ?? this.add(row.key);
        if (this.list.children[index] !== line.root) this.list.insertBefore(line.root, this.list.children[index] ?? null);
        if (change.reset || change.order || change.keys.has(row.key)) this.fill(line, row);
      });
    },
    add(key) {
      const name = el('span', { class: 'label', 'aria-hidden': 'true' });
      const bar = el('span', { class: 'bar' });
      const share = el('span', { class: 'num share', 'aria-hidden': 'true' });
      const button = el('button', { type: 'button', onclick: () => jarvis.action('open', { kind: 'storage', id: key }) },
        name, bar, share);
      const line = { root: el('li', {}, button), button, name, bar, share };
      line.tell = tellOnHover(button, () => button.getAttribute('aria-label'));
      this.lines.set(key, line);
      return line;
    },
    fill(line, row) {
      const off = row.active === false;
      const known = row.share !== null && row.share !== undefined && !off;
      const tone = TONES[row.level] ?? '';
      setText(line.name, row.label);
      setText(line.share, off ? 'away' : percent(known ? row.share : null));
      setAttr(line.share, 'class', `num share ${off ? 'warn' : tone || 'dim'}`);
      setAttr(line.bar, 'class', `bar ${tone}`);
      line.bar.style.backgroundSize = filled(known ? row.share : null);
      const figures = row.total ? sizeOf(row.used, row.total) : UNKNOWN;
      const lacks = row.missing?.length ? `, not available on ${row.missing.join(', ')}` : '';
      const full = known ? `, ${percent(row.share)} full` : '';
      setAttr(line.button, 'aria-label', `${row.label}, ${row.kind ?? 'kind not known'}: ${off ? 'not available' : figures}${lacks}${full}`);
      line.tell();
    },
  },
};
