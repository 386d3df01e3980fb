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
    this.off = jarvis.onAction('tab', ({ key }) => this.show(key));
    this.show(this.tabs[0].key);
  },
  beforeUnmount() {
    this.off();
  },
  methods: {
    show(key) {
      document.body.dataset.tab = key;
      for (const button of this.buttons) {
        setAttr(button, 'aria-current', button.dataset.key === key ? 'true' : null);
      }
      jarvis.notify('tab', { key });
    },
  },
};
