// What a drawer can show, and its address: #node/pve, #guest/104, #storage/pve/local-zfs, #task/UPID:…, #event/318.

export const KINDS = ["node", "guest", "storage", "task", "event"];

export function hashOf(kind, id) {
  return `#${kind}/${String(id).split("/").map(encodeURIComponent).join("/")}`;
}

// {kind, id} of an address or of a subject such as "guest/104"; null when it names none.
export function parseSubject(text) {
  const bare = String(text ?? "").replace(/^#/, "");
  const slash = bare.indexOf("/");
  if (slash < 1) return null;
  const kind = bare.slice(0, slash);
  if (!KINDS.includes(kind)) return null;
  try {
    const id = bare.slice(slash + 1).split("/").map(decodeURIComponent).join("/");
    return id ? { kind, id } : null;
  } catch {
    return null;
  }
}

// Shows the drawer of something; the back button closes it.
export function openSubject(kind, id) {
  const hash = hashOf(kind, id);
  if (location.hash !== hash) location.hash = hash;
}
