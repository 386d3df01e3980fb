// The store all components draw from, and the door to the server. One instance a page.

const store = {};
const listeners = new Map();
const handlers = new Map();
const cost = { messages: 0, bytes: 0, lastMs: 0, maxMs: 0, totalMs: 0, byTopic: {} };
let aheadS = 0;
let remote = null;

/** The panel's state: {meta, rows: Map of key to row, order: array of keys or null}. */
function panel(name) {
  return (store[name] ??= { meta: {}, rows: new Map(), order: null });
}

/** Its rows as an array: in the order told, else as they came. */
function rows(name) {
  const { rows: all, order } = panel(name);
  if (!order) return [...all.values()];
  return order.map((key) => all.get(key)).filter(Boolean);
}

/** A change after which all has to be drawn anew. */
const EVERYTHING = { keys: new Set(), fields: new Set(), meta: true, order: true, reset: true };

/** Call fn(change) when topic changes; hands back what ends it. A panel's change is {keys of rows,
 *  fields of theirs, meta, order, reset}.
 *  Topics: each panel, 'second', 'connection', 'effects', 'tab', 'tell:<name>'. */
function on(topic, fn) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(fn);
  return () => listeners.get(topic).delete(fn);
}

function notify(topic, change) {
  for (const fn of [...(listeners.get(topic) ?? [])]) {
    try {
      fn(change);
    } catch (error) {
      console.error(`${topic} could not be drawn`, error);
    }
  }
}

/** Ask for something: local handlers first, then the server. */
function action(name, args = {}) {
  for (const fn of [...(handlers.get(name) ?? [])]) {
    try {
      fn(args);
    } catch (error) {
      console.error(`${name} could not be done`, error);
    }
  }
  remote?.({ name, args });
}

/** Handle an action in the browser; hands back what ends it. */
function onAction(name, fn) {
  if (!handlers.has(name)) handlers.set(name, new Set());
  handlers.get(name).add(fn);
  return () => handlers.get(name).delete(fn);
}

/** The server's time in seconds since the epoch. */
function now() {
  return Date.now() / 1000 + aheadS;
}

function merge(name, patch) {
  const target = panel(name);
  const keys = new Set();
  const fields = new Set();
  if (patch.meta) Object.assign(target.meta, patch.meta);
  for (const key of patch.del ?? []) {
    target.rows.delete(key);
    keys.add(key);
    fields.add('key');
  }
  for (const key in patch.set) {
    let row = target.rows.get(key);
    if (!row) {
      row = { key };
      target.rows.set(key, row);
      fields.add('key');
    }
    const told = patch.set[key];
    for (const field in told) {
      row[field] = told[field];
      fields.add(field);
    }
    keys.add(key);
  }
  if (patch.order) target.order = patch.order;
  return { keys, fields, meta: Boolean(patch.meta), order: Boolean(patch.order), reset: false };
}

/** Whether a change can have touched one of these fields; 'key' stands for a row that came or went. */
function touches(change, fields) {
  return change.reset || fields.some((field) => change.fields.has(field));
}

/** Take one message of the server; a message that was already taken is passed over. */
function apply(text) {
  const began = performance.now();
  const message = JSON.parse(text);
  if (!message.reset && message.seq !== jarvis.seq + 1) {
    if (message.seq > jarvis.seq) action('resync', { seq: jarvis.seq });
    return;
  }
  jarvis.seq = message.seq;
  aheadS = message.now - Date.now() / 1000;
  const changes = new Map();
  if (message.reset) {
    for (const state of Object.values(store)) {
      state.meta = {};
      state.rows.clear();
      state.order = null;
    }
  }
  for (const [name, patch] of Object.entries(message.panels)) changes.set(name, merge(name, patch));
  if (message.reset) {
    for (const name of Object.keys(store)) changes.set(name, EVERYTHING);
  }
  jarvis.heardAt = now();
  if (jarvis.connection !== 'up') setConnection('up');
  for (const [name, change] of changes) {
    const from = performance.now();
    notify(name, change);
    cost.byTopic[name] = (cost.byTopic[name] ?? 0) + performance.now() - from;
  }
  cost.lastMs = performance.now() - began;
  cost.maxMs = Math.max(cost.maxMs, cost.lastMs);
  cost.totalMs += cost.lastMs;
  cost.messages += 1;
  cost.bytes += text.length;
}

/** A word of the server to this page alone: notifies 'tell:<topic>' with its payload. */
function tell(topic, text) {
  const payload = JSON.parse(text);
  if (topic === 'connection') setConnection(payload.state, payload.because);
  if (topic === 'ended') window.location.assign('/login');
  notify(`tell:${topic}`, payload);
}

/** The next words of the answer that this page was last told of. */
function said(text) {
  notify('said', text);
}

function setConnection(state, because = null) {
  jarvis.connection = state;
  jarvis.connectionBecause = because;
  notify('connection', { state, because });
}

/** Let the server hear the actions; send({name, args}). */
function connectActions(send) {
  remote = send;
}

function setEffects(reduced) {
  document.documentElement.dataset.effects = reduced ? 'reduced' : 'full';
  jarvis.reduced = reduced || window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  notify('effects', { reduced: jarvis.reduced });
}

export const jarvis = {
  store, panel, rows, on, notify, action, onAction, now, apply, tell, said, cost, touches,
  everything: EVERYTHING, setConnection, setEffects, connectActions,
  seq: 0, heardAt: null, connection: 'connecting', connectionBecause: null, reduced: false,
};
window.jarvis = jarvis;

function tick() {
  notify('second', null);
  setTimeout(tick, 1000 - ((now() * 1000) % 1000) + 5);
}
tick();
