// The guests: filtered and sorted here, and only the rows in sight exist as elements.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el, setAttr, setText, tellOnHover } from 'jarvis-dom';
import { makePanel } from 'jarvis-panel';
import { count, percent, share, sizeOf, span } from 'jarvis-format';
import { choices, compare, ordered } from 'jarvis-guestlist';

const ROW_PX = 27;
const SPARE = 6;
const DOTS = { running: 'ok', paused: 'warn', stopped: 'off', unknown: 'faint hollow' };
const WORDS = { running: 'running', paused: 'paused', stopped: 'off', unknown: 'state not known' };
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const COLUMNS = [
  { key: 'state', label: '', says: 'state' },
  { key: 'vmid', label: 'ID', says: 'id' },
  { key: 'name', label: 'Name', says: 'name' },
  { key: 'node', label: 'Node', says: 'node' },
  { key: 'cpu', label: 'CPU', says: 'CPU', number: true },
  { key: 'mem', label: 'Mem', says: 'memory', number: true },
];
const NOTHING = { keys: new Set(), fields: new Set(), meta: false, order: false, reset: false };
const PLACED_BY = ['key', 'vmid', 'name', 'node', 'state', 'template', 'kind', 'tags'];
const FILTERS = [
  { key: 'node', label: 'node' },
  { key: 'state', label: 'state' },
  { key: 'kind', label: 'type' },
  { key: 'tag', label: 'tag' },
];

export default {
  render() {
    return h('div');
  },
  mounted() {
    this.sort = { key: 'vmid', down: false };
    this.filter = { text: '', node: '', state: '', kind: '', tag: '' };
    this.unfolded = false;
    this.shown = [];
    this.active = null;
    this.pool = [];
    this.panel = makePanel(this.$el, {
      panel: 'guests',
      title: 'Guests',
      empty: 'No guests yet.',
      skeleton: 6,
      note: (meta) => this.note(meta),
      draw: (change) => this.draw(change),
    });
    this.build();
    this.slash = (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.search.offsetParent === null) return;
      event.preventDefault();
      this.search.focus();
      this.search.select(); // so that what is typed next replaces what was looked for before
    };
    document.addEventListener('keydown', this.slash);
    // Kept, because reading them after writing elsewhere would cost a layout.
    this.height = 0;
    this.top = 0;
    this.seen = new ResizeObserver(([seen]) => {
      this.height = seen.contentRect.height;
      this.paint();
    });
    this.seen.observe(this.view);
    this.panel.refresh();
  },
  beforeUnmount() {
    document.removeEventListener('keydown', this.slash);
    this.seen.disconnect();
    this.panel.destroy();
  },
  methods: {
    build() {
      this.toggle = el('button', { type: 'button', class: 'filters-open', 'aria-expanded': 'false', text: 'filter: all', onclick: () => this.openFilters() });
      this.panel.head.append(this.toggle);
      this.search = el('input', {
        type: 'search', class: 'field', placeholder: 'Find by name, id, node, tag', 'aria-label': 'Find guests',
        autocomplete: 'off', spellcheck: 'false', oninput: () => this.choose('text', this.search.value),
        onkeydown: (event) => this.searchKey(event),
      });
      this.selects = FILTERS.map(({ key, label }) => {
        const select = el('select', { class: 'field', 'aria-label': `Filter by ${label}`, onchange: () => this.choose(key, select.value) });
        select.dataset.key = key;
        return select;
      });
      this.filters = el('div', { class: 'guest-filters' }, ...this.selects,
        el('button', { type: 'button', class: 'btn quiet', text: '×', title: 'Clear the filter', 'aria-label': 'Clear the filter', onclick: () => this.clear() }));
      this.filters.hidden = true;
      this.heads = COLUMNS.map((column) => {
        const button = el('button', { type: 'button', text: column.label, title: `Sort by ${column.says}`, 'aria-label': column.label ? `${column.label}: sort by ${column.says}` : `Sort by ${column.says}`, onclick: () => this.sortBy(column) });
        return el('span', { role: 'columnheader', class: `c-${column.key}`, 'data-key': column.key }, button);
      });
      this.space = el('div', { class: 'guest-space', role: 'presentation' });
      this.view = el('div', { class: 'guest-view', role: 'rowgroup', tabindex: '-1', onscroll: () => this.scrolled() }, this.space);
      this.grid = el('div', {
        class: 'guest-grid', role: 'grid', tabindex: '0', 'aria-label': 'Guests',
        onkeydown: (event) => this.gridKey(event), onfocus: () => this.focusGrid(),
      }, el('div', { role: 'rowgroup' }, el('div', { class: 'guest-row guest-heads', role: 'row' }, ...this.heads)), this.view);
      this.none = el('p', { class: 'panel-says hidden', role: 'status' });
      this.panel.body.append(
        el('div', { class: 'guest-search' }, this.search, el('kbd', { text: '/', 'aria-hidden': 'true' })),
        this.filters,
        this.none, this.grid,
      );
      this.drawHeads();
    },
    note(meta) {
      const narrowed = this.narrowed();
      const all = jarvis.panel('guests').rows.size - (meta.templates ?? 0);
      if (narrowed) return `${this.matched ?? 0} of ${all}`;
      if (meta.up === null || meta.up === undefined) return '';
      return `${meta.up} up · ${meta.off} off${meta.unknown ? ` · ${meta.unknown} unknown` : ''}`;
    },
    narrowed() {
      return Object.values(this.filter).some(Boolean);
    },
    draw(change) {
      // Figures alone can move a row only where they are what the rows are sorted by.
      const sorted = this.sort.key === 'cpu' || this.sort.key === 'mem';
      if ((sorted && change.keys.size) || jarvis.touches(change, PLACED_BY)) this.arrange();
      this.paint(change);
    },
    arrange() {
      const rows = [...jarvis.panel('guests').rows.values()];
      const result = ordered(rows, this.filter, compare(this.sort), this.unfolded);
      this.shown = result.lines;
      this.matched = result.guests;
      if (this.filters.hidden === false) this.drawChoices(rows);
      setAttr(this.grid, 'aria-rowcount', this.shown.length);
      this.space.style.height = `${this.shown.length * ROW_PX}px`;
      const nothing = this.shown.length === 0 && rows.length > 0;
      setAttr(this.none, 'class', `panel-says${nothing ? '' : ' hidden'}`);
      setText(this.none, nothing ? 'No guest matches. Clear the filter to see all.' : '');
    },
    scrolled() {
      this.top = this.view.scrollTop;
      this.paint();
    },
    scrollTo(top) {
      this.view.scrollTop = top;
      this.top = this.view.scrollTop;
    },
    paint(change) {
      if (!this.height) return;
      const first = Math.max(0, Math.floor(this.top / ROW_PX) - SPARE);
      const last = Math.min(this.shown.length, Math.ceil((this.top + this.height) / ROW_PX) + SPARE);
      while (this.pool.length < last - first) this.pool.push(this.makeLine());
      this.pool.forEach((line, i) => {
        const index = first + i;
        const row = index < last ? this.shown[index] : null;
        if (line.used !== Boolean(row)) {
          line.used = Boolean(row);
          line.root.hidden = !row;
        }
        if (!row) {
          line.key = null;
          return;
        }
        const moved = line.key !== row.key || line.index !== index;
        if (moved) {
          line.key = row.key;
          line.index = index;
          line.root.style.top = `${index * ROW_PX}px`;
          line.root.id = `guest-${row.key}`;
          setAttr(line.root, 'aria-rowindex', index + 1);
        }
        const inSight = (index + 1) * ROW_PX > this.top && index * ROW_PX < this.top + this.height;
        if (moved || !change || change.reset || (inSight && change.keys.has(row.key))) this.fill(line, row);
        const active = row.key === this.active;
        if (line.active !== active) {
          line.active = active;
          setAttr(line.root, 'data-active', active ? 'true' : null);
        }
        line.tell(active);
      });
    },
    makeLine() {
      const cells = Object.fromEntries(COLUMNS.map((column) =>
        [column.key, el('span', { role: 'gridcell', class: `c-${column.key}` })]));
      const dot = el('i', { class: 'dot' });
      const word = el('span', { class: 'unseen' });
      cells.state.append(dot, word);
      const name = el('span', { class: 'text' });
      const mark = el('span', { class: 'mark' });
      cells.name.append(name, mark);
      const root = el('div', { class: 'guest-row guest-line', role: 'row' }, ...Object.values(cells));
      const line = { root, cells, dot, word, name, mark, key: null, index: -1, used: true, active: false };
      root.addEventListener('click', () => this.openLine(line.key));
      line.tell = tellOnHover(root, () => this.told(this.shown[line.index]));
      this.space.append(root);
      return line;
    },
    fill(line, row) {
      const { cells } = line;
      setAttr(line.root, 'data-kind', row.fold ? 'fold' : row.template ? 'template' : 'guest');
      if (row.fold) {
        setAttr(line.dot, 'class', 'hidden');
        setText(line.word, '');
        setText(cells.vmid, row.open ? '▾' : '▸');
        setText(line.name, count(row.fold, 'template'));
        setText(line.mark, '');
        for (const key of ['node', 'cpu', 'mem']) setText(cells[key], '');
        return;
      }
      const state = this.stateOf(row);
      setAttr(line.root, 'data-state', state);
      setAttr(line.dot, 'class', `dot ${DOTS[state] ?? DOTS.unknown}`);
      setText(line.word, row.template ? 'template' : WORDS[state] ?? WORDS.unknown);
      setText(cells.vmid, String(row.vmid));
      setText(line.name, row.name ?? '—');
      // Told of each name that needs it: letting the browser find out costs every line its layout.
      setAttr(line.name, 'dir', RIGHT_TO_LEFT.test(row.name ?? '') ? 'rtl' : null);
      setText(line.mark, `${row.prot ? '◈' : ''}${row.lock ? ` ${row.lock}` : ''}`);
      setAttr(line.mark, 'aria-label', row.prot ? `protected${row.lock ? `, ${row.lock}` : ''}` : null);
      setAttr(line.mark, 'class', `mark ${row.prot ? 'arc' : 'warn'}`);
      setText(cells.node, row.node);
      const running = state === 'running' || state === 'paused';
      setText(cells.cpu, row.template ? '' : state === 'running' ? percent(row.cpu) : WORDS[state] === 'off' ? 'off' : state === 'paused' ? 'paused' : '—');
      setText(cells.mem, row.template ? '' : running ? percent(share(row.mem, row.memtotal)) : '');
    },
    stateOf(row) {
      return row.template ? 'stopped' : row.state;
    },
    told(row) {
      if (row.fold) return null;
      const state = this.stateOf(row);
      const parts = [`${row.name ?? row.vmid} (${row.vmid})`, row.kind === 'lxc' ? 'container' : 'virtual machine',
        row.template ? 'template' : WORDS[state] ?? WORDS.unknown];
      if (state === 'running') parts.push(`memory ${sizeOf(row.mem, row.memtotal)}`);
      if (state === 'running' && row.boot) parts.push(`up ${span(jarvis.now() - row.boot)}`);
      if (row.lock) parts.push(`locked: ${row.lock}`);
      if (row.prot) parts.push('protected: Jarvis will not act on it');
      if (row.tags?.length) parts.push(row.tags.join(', '));
      return parts.join(' · ');
    },
    drawHeads() {
      for (const head of this.heads) {
        const mine = head.dataset.key === this.sort.key;
        setAttr(head, 'aria-sort', mine ? (this.sort.down ? 'descending' : 'ascending') : null);
      }
    },
    sortBy(column) {
      const same = this.sort.key === column.key;
      this.sort = { key: column.key, down: same ? !this.sort.down : Boolean(column.number) };
      this.drawHeads();
      this.again();
    },
    again() {
      this.arrange();
      this.scrollTo(0);
      if (!this.shown.some((row) => row.key === this.active)) this.setActive(null);
      this.paint();
      this.panel.refresh({ ...NOTHING, meta: true });
    },
    choose(key, value) {
      this.filter[key] = value;
      const set = this.selects.filter((one) => one.value).map((one) => one.selectedOptions[0].text);
      setText(this.toggle, `filter: ${set.length ? set.join(', ') : 'all'}`);
      setAttr(this.toggle, 'data-set', set.length ? 'true' : null);
      this.again();
    },
    clear() {
      this.search.value = '';
      for (const select of this.selects) select.value = '';
      this.filter = { text: '', node: '', state: '', kind: '', tag: '' };
      this.choose('text', '');
    },
    openFilters() {
      this.filters.hidden = !this.filters.hidden;
      setAttr(this.toggle, 'aria-expanded', this.filters.hidden ? 'false' : 'true');
      this.arrange();
      this.paint();
      if (!this.filters.hidden) this.selects[0].focus();
    },
    drawChoices(rows) {
      const found = choices(rows);
      for (const select of this.selects) {
        const { key } = select.dataset;
        const label = FILTERS.find((one) => one.key === key).label;
        const wanted = JSON.stringify(found[key]);
        if (select.dataset.choices === wanted) continue;
        select.dataset.choices = wanted;
        const options = found[key].map(([value, text]) => el('option', { value, text }));
        select.replaceChildren(el('option', { value: '', text: `any ${label}` }), ...options);
        select.value = this.filter[key];
      }
    },
    searchKey(event) {
      if (event.key === 'Escape') {
        if (this.search.value) {
          this.search.value = '';
          this.choose('text', '');
        } else {
          this.search.blur();
        }
        event.stopPropagation();
      } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
        event.preventDefault();
        this.grid.focus();
        if (event.key === 'Enter' && this.active) this.openLine(this.active);
      }
    },
    focusGrid() {
      if (!this.active && this.shown.length) this.setActive(this.shown[0].key);
    },
    gridKey(event) {
      if (event.target !== this.grid) return;
      const page = Math.max(1, Math.floor(this.height / ROW_PX) - 1);
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
      if (event.key in steps) {
        event.preventDefault();
        this.move(steps[event.key]);
      } else if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        this.openLine(this.active);
      }
    },
    move(step) {
      const at = this.shown.findIndex((row) => row.key === this.active);
      const index = Math.min(this.shown.length - 1, Math.max(0, at + step));
      const row = this.shown[index];
      if (!row) return;
      const top = index * ROW_PX;
      const bottom = top + ROW_PX - this.height;
      if (top < this.top) this.scrollTo(top);
      else if (bottom > this.top) this.scrollTo(bottom);
      this.setActive(row.key);
    },
    setActive(key) {
      this.active = key;
      this.paint(NOTHING);
      setAttr(this.grid, 'aria-activedescendant', key ? `guest-${key}` : null);
    },
    openLine(key) {
      const row = this.shown.find((one) => one.key === key);
      if (!row) return;
      this.setActive(key);
      if (row.fold) {
        this.unfolded = !this.unfolded;
        this.arrange();
        this.paint();
        return;
      }
      jarvis.action('open', { kind: 'guest', id: key });
    },
  },
};
