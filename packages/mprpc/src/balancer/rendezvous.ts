/**
 * Highest-random-weight hashing: every caller that knows the same ids gives a key to the same one, and
 * when an id goes only its own keys move. (Thaler and Ravishankar, "Using Name-Based Mappings to Increase
 * Hit Rates", 1998.)
 *
 * Returns the id that owns `key`, `undefined` when there are no ids. The order of `ids` does not matter.
 */
export function rendezvous(key: string, ids: readonly string[]): string | undefined {
  const index = rendezvousIndex(key, ids.length, (i) => ids[i] as string);
  return index === -1 ? undefined : ids[index];
}

/** Like {@link rendezvous}, over anything that has ids; returns the index of the owner or -1. */
export function rendezvousIndex(
  key: string,
  count: number,
  idAt: (index: number) => string,
): number {
  const keyHash = hash(key);
  let best = -1;
  let bestScore = -1;
  let bestId = '';
  for (let index = 0; index < count; index++) {
    const id = idAt(index);
    const score = mix(keyHash ^ mix(hash(id)));
    if (score > bestScore || (score === bestScore && id > bestId)) {
      best = index;
      bestScore = score;
      bestId = id;
    }
  }
  return best;
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h;
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the result. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
