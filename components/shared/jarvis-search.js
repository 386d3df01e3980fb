// Finds things by what a person remembers of them: the beginning of a name, a vmid, a tag, letters in order; pure.

/** An entry as it is searched: {label, keys: [text], rank} with its texts in lower case. */
export function prepared(entry) {
  return { ...entry, low: entry.label.toLowerCase(), keyed: (entry.keys ?? []).map((key) => String(key).toLowerCase()) };
}

const BOUNDARY = /[\s\-_./()]/;

/** How well one word fits one text: 0 for not at all. Whole, beginning, beginning of a part, inside, letters in order. */
export function fit(word, text) {
  const at = text.indexOf(word);
  if (at === 0) return text.length === word.length ? 100 : 80 - Math.min(15, text.length - word.length);
  if (at > 0) {
    for (let i = at; i !== -1; i = text.indexOf(word, i + 1)) if (BOUNDARY.test(text[i - 1])) return 58 - Math.min(10, i);
    return 40 - Math.min(10, at);
  }
  if (word.length < 2) return 0;
  let last = -1;
  let gaps = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, last + 1);
    if (next < 0) return 0;
    if (last >= 0) gaps += next - last - 1;
    last = next;
  }
  return gaps > word.length * 3 ? 0 : Math.max(1, 22 - gaps * 2);
}

function score(entry, words) {
  let total = 0;
  for (const word of words) {
    let best = fit(word, entry.low);
    for (const key of entry.keyed) {
      // A key (vmid, tag) counts by its beginning only: letters in order would fit anything.
      if (key.startsWith(word)) best = Math.max(best, key === word ? 98 : 74 - Math.min(10, key.length - word.length));
    }
    if (best === 0) return 0;
    total += best;
  }
  return total / words.length + (entry.rank ?? 0);
}

/** The best entries for what was typed, best first; all of them in their order when nothing was. */
export function search(entries, typed, limit = 12) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return entries.slice(0, limit);
  const found = [];
  for (const entry of entries) {
    const points = score(entry, words);
    if (points > 0) found.push({ entry, points });
  }
  found.sort((a, b) => b.points - a.points || a.entry.label.length - b.entry.label.length || (a.entry.label < b.entry.label ? -1 : 1));
  return found.slice(0, limit).map(({ entry }) => entry);
}
