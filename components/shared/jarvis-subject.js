// What the drawer can show, and its address: #node/pve, #guest/104, #storage/pve/local-zfs, #event/318.

export const KINDS = ['node', 'guest', 'storage', 'task', 'event'];

/** The address of a subject. */
export function hashOf(kind, id) {
  return `#${kind}/${String(id).split('/').map(encodeURIComponent).join('/')}`;
}

/** {kind, id} of an address, or of a subject such as 'guest/104'; null when it names none. */
export function parseSubject(text) {
  const bare = String(text ?? '').replace(/^#/, '');
  const slash = bare.indexOf('/');
  const kind = bare.slice(0, Math.max(0, slash));
  if (!KINDS.includes(kind)) return null;
  try {
    const id = bare.slice(slash + 1).split('/').map(decodeURIComponent).join('/');
    return id ? { kind, id } : null;
  } catch {
    return null;
  }
}

const LINKED = /^#talk\/([\w-]{1,64})$/;

/** The conversation that the address names, such as #talk/c1, or null; the address lets go of it. */
export function takeLinked() {
  const found = LINKED.exec(location.hash)?.[1] ?? null;
  if (found) history.replaceState(history.state, '', location.pathname + location.search);
  return found;
}
