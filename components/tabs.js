// The bottom tabs of a phone. Wide screens show all columns and no tabs.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr } from 'jarvis-dom';

export default {
  props: { tabs: Array },
  render() {
    return h('div');
  },
  mounted() {
    this.buttons = this.tabs.map((tab) =>
      el('button', { type: 'button', text: tab.label, 'data-key': tab.key, onclick: () => this.show(tab.key) }));
    this.$el.append(el('nav', { class: 'tabs', 'aria-label': 'Sections' }, ...this.buttons));
    this.offs = [jarvis.onAction('tab', ({ key }) => this.show(key)), jarvis.on('gate', () => this.drawBadge())];
    this.show(this.tabs[0].key);
  },
  beforeUnmount() {
    this.offs.forEach((off) => off());
  },
  methods: {
    /** The number of questions that wait, on the tab that has them. */
    drawBadge() {
      const button = this.buttons.find((one) => one.dataset.key === 'approve');
      if (!button) return;
      const waiting = jarvis.panel('gate').meta.waiting || null;
      setAttr(button, 'data-badge', waiting);
      setAttr(button, 'aria-label', waiting ? `${button.textContent}, ${waiting} waiting` : null);
    },
    show(key) {
      document.body.dataset.tab = key;
      for (const button of this.buttons) {
        setAttr(button, 'aria-current', button.dataset.key === key ? 'true' : null);
      }
      jarvis.notify('tab', { key });
    },
  },
};
