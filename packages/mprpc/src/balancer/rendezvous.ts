import { hash, mix } from './hash.ts';

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
