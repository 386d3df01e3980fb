// Which guests are listed and in what order; nothing here touches the page.

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
const STATE_RANK = { running: 0, paused: 1, unknown: 2, stopped: 3 };
const KINDS = { qemu: 'virtual machine', lxc: 'container' };
const STATES = { running: 'running', paused: 'paused', stopped: 'off', unknown: 'not known' };

function words(row) {
  return `${row.vmid} ${row.name ?? ''} ${row.node} ${(row.tags ?? []).join(' ')}`.toLowerCase();
}

/** Whether a row passes the filter; every word of the text has to be found. */
export function passes(row, filter) {
  if (filter.node && row.node !== filter.node) return false;
  if (filter.state && row.state !== filter.state) return false;
  if (filter.kind && row.kind !== filter.kind) return false;
  if (filter.tag && !(row.tags ?? []).includes(filter.tag)) return false;
  if (!filter.text) return true;
  const all = words(row);
  return filter.text.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

const VALUES = {
  vmid: (row) => row.vmid,
  state: (row) => STATE_RANK[row.state] ?? 4,
  cpu: (row) => (row.state === 'running' ? row.cpu ?? -1 : -2),
  mem: (row) => (row.state === 'running' && row.memtotal ? (row.mem ?? -1) / row.memtotal : -2),
};

/** The order of two rows; equal ones go by vmid. */
export function compare({ key, down }) {
  const turn = down ? -1 : 1;
  const value = VALUES[key];
  if (value) return (a, b) => turn * (value(a) - value(b)) || a.vmid - b.vmid;
  return (a, b) => turn * collator.compare(a[key] ?? '', b[key] ?? '') || a.vmid - b.vmid;
}

/** The lines to show: guests, then one that folds the templates away, then those when unfolded. */
export function ordered(rows, filter, order, unfolded) {
  const guests = [];
  const templates = [];
  for (const row of rows) {
    if (passes(row, filter)) (row.template ? templates : guests).push(row);
  }
  guests.sort(order);
  const lines = [...guests];
  if (templates.length) {
    lines.push({ key: 'templates', fold: templates.length, open: unfolded });
    if (unfolded) lines.push(...templates.sort(order));
  }
  return { lines, guests: guests.length };
}

/** What each filter can be set to, as [value, label]. */
export function choices(rows) {
  const sorted = (values) => [...new Set(values)].sort(collator.compare).map((one) => [one, one]);
  const there = (key, labels) =>
    Object.entries(labels).filter(([value]) => rows.some((row) => row[key] === value));
  return {
    node: sorted(rows.map((row) => row.node)),
    state: there('state', STATES),
    kind: there('kind', KINDS),
    tag: sorted(rows.flatMap((row) => row.tags ?? [])),
  };
}
