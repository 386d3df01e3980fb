// Proxmox's tasks: those that run first, with their clock; then the recent ones and how they ended.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { briefAge, elapsed, span, stamp } from 'jarvis-format';
import { makePanel } from 'jarvis-panel';
import { OUTCOMES, taskObject, taskSpan, taskWord } from 'jarvis-task';

const SHOWN = 40;

/** Running first, newest first among equals. */
function inOrder(rows) {
  const running = (row) => (row.outcome === 'running' ? 0 : 1);
  return [...rows].sort((a, b) => running(a) - running(b) || b.started - a.started || (a.upid < b.upid ? -1 : 1));
}

export class Tasks {
  constructor(host) {
    this.list = el('ol', { class: 'task-list', 'aria-label': 'Tasks, running first' });
    this.list.addEventListener('click', (event) => this.open(event.target.closest('.task-row')));
    this.list.addEventListener('keydown', (event) => this.key(event));
    this.panel = makePanel(host, {
      panel: 'tasks', title: 'Tasks', skeleton: 3,
      empty: 'No task has run lately.',
      note: (meta) => (meta.running ? `${meta.running} running` : 'none running'),
      draw: (change) => this.draw(change),
    });
    this.panel.body.append(el('div', { class: 'task-scroll' }, this.list));
    this.seen = true;
    this.sizes = new ResizeObserver(([{ contentRect }]) => (this.seen = contentRect.height > 0));
    this.sizes.observe(this.list);
    this.off = jarvis.on('second', () => this.tick());
    this.panel.refresh();
  }

  draw(change) {
    this.rows = inOrder(jarvis.panel('tasks').rows.values()).slice(0, SHOWN);
    const kept = new Map([...this.list.children].map((child) => [child.dataset.key, child]));
    this.rows.forEach((row, index) => {
      const item = kept.get(row.upid) ?? this.make(row);
      if (!kept.delete(row.upid) || change.reset || change.keys.has(row.key)) this.patch(item, row);
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
    });
    for (const item of kept.values()) item.remove();
    this.rove();
  }

  make(row) {
    return el('li', { 'data-key': row.upid },
      el('button', { class: 'task-row', type: 'button', tabindex: '-1' },
        el('span', { class: 'task-sign', 'aria-hidden': 'true' }),
        el('span', { class: 'task-what' }, el('b'), ' ', el('span')),
        el('span', { class: 'task-took num' }),
        el('span', { class: 'task-how' }),
        el('span', { class: 'task-when' }),
        el('span', { class: 'task-shimmer', 'aria-hidden': 'true' })));
  }

  patch(item, row) {
    const button = item.firstElementChild;
    const [sign, what, took, how, when] = button.children;
    const { sign: mark, word, tone } = OUTCOMES[row.outcome] ?? OUTCOMES.unknown;
    setAttr(button, 'data-outcome', row.outcome);
    setAttr(sign, 'class', `task-sign ${tone}`);
    setText(sign, mark);
    setText(what.firstElementChild, taskWord(row.kind));
    setText(what.lastElementChild, taskObject(row, jarvis.panel('guests').rows));
    setText(how, row.outcome === 'failed' && row.exit ? `failed: ${row.exit}` : word);
    setAttr(how, 'title', row.exit);
    setText(when, row.of ? `${row.node} · ${row.user}` : row.user);
    setAttr(when, 'title', `Began ${stamp(row.started)}`);
    this.patchClock(button, row, took);
  }

  patchClock(button, row, took) {
    const now = jarvis.now();
    const passed = taskSpan(row, now);
    setText(took, row.outcome === 'running' ? elapsed(passed) : this.ended(row, passed, now));
  }

  ended(row, passed, now) {
    return `${span(passed)} · ${briefAge(row.ended ?? row.started, now)} ago`;
  }

  tick() {
    if (!this.rows || !this.seen) return;
    this.rows.forEach((row, index) => {
      const button = this.list.children[index]?.firstElementChild;
      if (button) this.patchClock(button, row, button.children[2]);
    });
  }

  rove() {
    const rows = [...this.list.querySelectorAll('.task-row')];
    const stop = rows.find((row) => row === document.activeElement) ?? rows[0];
    for (const row of rows) setAttr(row, 'tabindex', row === stop ? '0' : '-1');
  }

  key(event) {
    const rows = [...this.list.querySelectorAll('.task-row')];
    const at = rows.indexOf(event.target.closest('.task-row'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
    this.rove();
  }

  open(row) {
    if (row) jarvis.action('open', { kind: 'task', id: row.parentElement.dataset.key });
  }

  destroy() {
    this.sizes.disconnect();
    this.off();
    this.panel.destroy();
  }
}

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.tasks = new Tasks(this.$el);
  },
  beforeUnmount() {
    this.tasks.destroy();
  },
};
