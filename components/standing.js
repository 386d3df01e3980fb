// How the cluster stands: why the reactor glows as it does, and the cluster's totals.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setFigure, setText } from 'jarvis-dom';
import { makePanel } from 'jarvis-panel';
import { UNKNOWN, count, percent, sizeOf } from 'jarvis-format';

const SIGNS = { calm: '✓', busy: '▸', attention: '△', alarm: '!', unknown: '?' };
const TONES = { calm: 'ok', busy: 'arc', attention: 'warn', alarm: 'alert', unknown: 'dim' };

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.reasons = el('ul', { class: 'standing-reasons', 'aria-label': 'Reasons' });
    this.more = el('button', { type: 'button', class: 'standing-more', title: 'Show every reason', hidden: true, onclick: () => jarvis.action('health') });
    this.sizes = new ResizeObserver(() => this.countHidden());
    this.sizes.observe(this.reasons);
    const figure = (label) => {
      const value = el('dd', { class: 'figure', text: UNKNOWN });
      return { root: el('div', {}, el('dt', { text: label }), value), value };
    };
    this.cpu = figure('CPU');
    this.memory = figure('Memory');
    this.panel = makePanel(this.$el, {
      panel: 'reactor',
      title: 'Cluster',
      also: ['nodes', 'top'],
      skeleton: 2,
      empty: 'The cluster has no nodes.',
      note: () => this.note(),
      draw: () => this.draw(),
    });
    this.panel.body.append(this.reasons, this.more,
      el('dl', { class: 'standing-figures' }, this.cpu.root, this.memory.root));
    this.panel.refresh();
  },
  beforeUnmount() {
    this.sizes.disconnect();
    this.panel.destroy();
  },
  methods: {
    note() {
      const { cluster, version } = jarvis.panel('top').meta;
      return [cluster, version && `PVE ${version}`].filter(Boolean).join(' · ');
    },
    /** Say how many reasons there is no room for; the health in the top bar has them all. */
    countHidden() {
      const hidden = () => {
        const reasons = [...this.reasons.children];
        const bottom = (reasons[0]?.offsetTop ?? 0) + this.reasons.clientHeight;
        return reasons.filter((one) => one.offsetTop + one.offsetHeight > bottom + 1);
      };
      const show = (beyond) => {
        for (const one of this.reasons.children) one.classList.toggle('beyond', beyond.includes(one) && one !== this.reasons.firstElementChild);
      };
      // The count takes room itself, which must not be what there is no room for.
      setAttr(this.more, 'hidden', true);
      show([]);
      if (!hidden().length) return;
      setAttr(this.more, 'hidden', null);
      setText(this.more, '+9 more');
      const beyond = hidden();
      show(beyond);
      setText(this.more, `+${Math.max(1, beyond.length)} more`);
    },
    draw() {
      const { meta } = jarvis.panel('reactor');
      const told = JSON.stringify([meta.mood, meta.reasons, meta.alarms]);
      if (told !== this.told) {
        this.told = told;
        this.reasons.replaceChildren(...(meta.reasons ?? []).map((reason, index) => {
          const mood = meta.mood === 'alarm' && index >= meta.alarms ? 'attention' : meta.mood;
          return el('li', {}, el('i', { class: `sign ${TONES[mood] ?? 'dim'}`, text: SIGNS[mood] ?? '?' }), el('span', { text: reason }));
        }));
        requestAnimationFrame(() => this.countHidden());
      }
      let used = 0;
      let total = 0;
      let cpus = 0;
      for (const row of jarvis.panel('nodes').rows.values()) {
        if (row.state !== 'online' || !row.memtotal) continue;
        used += row.mem ?? 0;
        cpus += row.cpus ?? 0;
        total += row.memtotal;
      }
      setFigure(this.cpu.value, cpus ? `${percent(meta.load)} of ${count(cpus, 'CPU')}` : percent(meta.load));
      setFigure(this.memory.value, total ? sizeOf(used, total) : UNKNOWN);
    },
  },
};
