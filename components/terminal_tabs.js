// Which tabs the panel of terminals has, in which order, and what each says of itself.

const MOST_NODES = 6;

/** `pve`, or `media 104`. */
function placeName({ node, guest, name }) {
  return guest === null || guest === undefined ? node : `${name ?? 'guest'} ${guest}`;
}

/** `pve`, or `media (104)`, in a sentence. */
export function placeTold({ node, guest, name }) {
  return guest === null || guest === undefined ? node : `${name ?? 'guest'} (${guest})`;
}

/** The tabs: a place for each node of a small house, whether a terminal is there or not, and one for every other
 *  terminal. [{key, label, node, guest, name, terminal: row or null}] */
export function tabsOf(nodes, terminals) {
  const tabs = [];
  const placed = new Set();
  if (nodes.length <= MOST_NODES) {
    for (const { name } of nodes) {
      const own = terminals.find((row) => row.node === name && row.guest === null);
      if (own) placed.add(own.id);
      tabs.push({ key: own ? own.id : `node/${name}`, label: name, node: name, guest: null, name: null, terminal: own ?? null });
    }
  }
  for (const row of terminals) {
    if (placed.has(row.id)) continue;
    tabs.push({ key: row.id, label: placeName(row), node: row.node, guest: row.guest, name: row.name, terminal: row });
  }
  const seen = new Map();
  for (const tab of tabs) {
    const n = (seen.get(tab.label) ?? 0) + 1;
    seen.set(tab.label, n);
    if (n > 1) tab.label = `${tab.label} · ${n}`;
  }
  return tabs;
}

/** What a tab says besides its name: {sign, word, tone}. */
export function standing(tab, node, screen) {
  const down = node?.state === 'down';
  const row = tab.terminal;
  if (!row) return down ? { sign: '!', word: 'down', tone: 'alert' } : { sign: '', word: 'not open', tone: '' };
  if (row.state === 'ended') return row.away || down ? { sign: '!', word: 'ended, the node is away', tone: 'alert' } : { sign: '×', word: 'ended', tone: 'faint' };
  if (row.state === 'waiting') return { sign: '?', word: 'waits for your word', tone: 'warn' };
  if (row.state === 'connecting') return { sign: '…', word: 'connecting', tone: 'dim' };
  if (screen && screen.link === 'lost') return { sign: '~', word: 'cut off, trying again', tone: 'warn' };
  return { sign: '●', word: 'open', tone: 'ok' };
}

/** What can be opened: nodes that are not down, then guests that run, by name. [{label, hint, node, guest}] */
export function openable(nodes, guests) {
  return [
    ...nodes.filter((node) => node.state !== 'down').map((node) => ({ label: node.name, hint: 'node', node: node.name, guest: null })),
    ...guests
      .filter((guest) => guest.state === 'running' && !guest.template)
      .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
      .map((guest) => ({ label: `${guest.name ?? 'guest'} ${guest.vmid}`, hint: `${guest.kind === 'lxc' ? 'container' : 'console'} on ${guest.node}`, node: guest.node, guest: guest.vmid })),
  ];
}
