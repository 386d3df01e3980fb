// The events a page holds, and which of them its filters let through.

const HELD = 4000;

/** Events by id, and which of them the filters let through. */
export class Events {
  constructor() {
    this.held = new Map();
    this.severities = new Set();
    this.node = '';
    this.list = [];
  }

  take(rows) {
    for (const row of rows) this.held.set(row.id, row);
    this.sort();
  }

  /** Forget all but these: the filters changed, so what was loaded has gaps for them. */
  reset(rows) {
    this.held.clear();
    this.take(rows);
  }

  sort() {
    const all = [...this.held.values()].sort((a, b) => b.id - a.id);
    for (const row of all.splice(HELD)) this.held.delete(row.id);
    this.list = all.filter((row) => this.admits(row));
  }

  admits(row) {
    if (this.severities.size && !this.severities.has(row.severity)) return false;
    return !this.node || row.node === this.node;
  }

  get oldest() {
    let least = null;
    for (const id of this.held.keys()) if (least === null || id < least) least = id;
    return least;
  }
}
