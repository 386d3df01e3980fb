// Says quietly that the figures are old because the server is away, and what happens next.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { clock } from 'jarvis-format';

const PATIENCE_MS = 700;

export default {
  props: { simulation: String },
  render() {
    return h('div');
  },
  mounted() {
    this.words = el('span');
    this.strip = el('div', { class: 'banner hidden', role: 'status' }, el('i', { class: 'dot' }), this.words);
    if (this.simulation) {
      this.$el.append(el('aside', { class: 'simulated', 'aria-label': 'What this page shows', text: `Simulation · ${this.simulation}` }));
    }
    this.$el.append(this.strip);
    this.off = jarvis.on('connection', () => this.changed());
    this.changed();
  },
  beforeUnmount() {
    clearTimeout(this.timer);
    this.off();
  },
  methods: {
    changed() {
      clearTimeout(this.timer);
      const away = jarvis.connection === 'lost' || jarvis.connection === 'restarting';
      document.body.dataset.connection = jarvis.connection;
      if (away) this.timer = setTimeout(() => this.show(), PATIENCE_MS);
      else setAttr(this.strip, 'class', 'banner hidden');
    },
    show() {
      const from = jarvis.heardAt ? ` Figures are from ${clock(jarvis.heardAt)};` : '';
      setText(this.words, jarvis.connection === 'restarting'
        ? `Jarvis is restarting.${from} this page comes back by itself.`
        : `Connection lost.${from} trying again.`);
      setAttr(this.strip, 'class', 'banner');
    },
  },
};
