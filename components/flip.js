// Tabs over panels that share a place; the choice is remembered in this browser.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr } from 'jarvis-dom';

export default {
  props: { label: String, sides: Array },
  render() {
    return h('div');
  },
  mounted() {
    this.store = `jarvis.flip.${this.sides.map((side) => side.key).join('.')}`;
    this.buttons = this.sides.map(({ key, label }) =>
      el('button', { type: 'button', class: 'tab', 'aria-pressed': 'false', 'data-key': key, text: label, onclick: () => this.show(key) }));
    this.$el.append(el('div', { class: 'flip', role: 'group', 'aria-label': this.label }, ...this.buttons));
    this.off = jarvis.onAction('flip', ({ key }) => this.sides.some((side) => side.key === key) && this.show(key));
    const kept = localStorage.getItem(this.store);
    this.show(this.sides.some((side) => side.key === kept) ? kept : this.sides[0].key);
  },
  beforeUnmount() {
    this.off();
  },
  methods: {
    show(key) {
      localStorage.setItem(this.store, key);
      for (const button of this.buttons) setAttr(button, 'aria-pressed', String(button.dataset.key === key));
      for (const side of this.sides) {
        for (const panel of this.$el.parentElement.querySelectorAll(`:scope > .side-${side.key}`)) {
          panel.classList.toggle('side-away', side.key !== key);
        }
      }
    },
  },
};
