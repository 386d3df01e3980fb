// The charts of the drawer: their span, and what stands where samples are being read or could not be.

import { Chart } from 'jarvis-chart';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { known, span } from 'jarvis-format';

const SPANS = [['1h', '1 h', 3600, 60], ['24h', '24 h', 86400, 60], ['7d', '7 d', 604800, 1800]];
export const USUAL_SPAN = '1h';

/** The usual distance between two samples, in seconds. */
function median(times) {
  const steps = times.slice(1).map((at, index) => at - times[index]).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)];
}

/** The charts of one subject. `kinds` are of jarvis-facts, `choose` is called with a span that was picked. */
export class Charts {
  constructor(kinds, chosen, choose) {
    this.kinds = kinds;
    this.charts = [];
    this.tabs = SPANS.map(([key, word]) => el('button', {
      class: 'tab', type: 'button', text: word, 'data-span': key, onclick: () => choose(key),
    }));
    this.place = { body: el('div', { class: 'drawer-part' }), note: el('span', { class: 'note faint' }) };
    this.grid = el('div', { class: `drawer-charts drawer-charts-${kinds.length}` });
    this.root = el('section', { class: 'drawer-section', 'aria-label': 'History' },
      el('div', { class: 'drawer-spans', role: 'group', 'aria-label': 'Span of the charts' }, ...this.tabs, el('span', { class: 'spacer' }), this.place.note),
      this.grid, this.place.body);
    this.mark(chosen);
  }

  mark(chosen) {
    for (const tab of this.tabs) setAttr(tab, 'aria-pressed', String(tab.dataset.span === chosen));
  }

  show({ span: shown, times, series }) {
    this.place.body.replaceChildren();
    const [, , length, usual] = SPANS.find(([key]) => key === shown);
    const to = Math.max(jarvis.now(), times.at(-1) ?? 0);
    const step = times.length > 1 ? Math.max(usual, median(times)) : usual;
    setText(this.place.note, times.length ? `a sample every ${span(step)}` : 'no samples');
    if (!this.charts.length) this.build();
    this.kinds.forEach(({ lines, ceiling }, index) => {
      const told = lines.filter(([, metric], nth) => nth === 0 || series[metric]);
      this.charts[index].show({
        times, step, from: to - length, to,
        series: told.map(([name, metric, tone]) => ({ name, tone, values: series[metric] ?? times.map(() => null) })),
        ceiling: ceiling ? (series[ceiling]?.findLast(known) ?? null) : null,
      });
    });
  }

  build() {
    const point = (at) => this.charts.forEach((chart) => chart.setCursor(at));
    this.charts = this.kinds.map((kind) => new Chart({ ...kind, onCursor: point }));
    this.grid.replaceChildren(...this.charts.map((chart) => chart.root));
  }

  /** Take the charts down: what they showed is no longer what was asked for. */
  clear() {
    this.charts.forEach((chart) => chart.destroy());
    this.charts = [];
  }
}
