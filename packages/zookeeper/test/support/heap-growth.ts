import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Whether nothing holds what it refers to any more. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  // What a WeakRef was asked for lives until the end of the turn.
  await turn();
  collect();
  return reference.deref() === undefined;
}

/** What is alive in this heap and outside of it on its behalf, in bytes, with the garbage gone. */
export async function aliveBytes(): Promise<number> {
  collect();
  // What is being closed holds its buffers until the event loop comes round.
  await turn();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Repeats a piece of work and measures the heap after each; the first third warms up: code is compiled and caches
 * are filled.
 *
 * @returns by how many bytes the heap grows with each of the `each` steps of a piece: the median of the slopes between
 * any two measurements (Theil-Sen), which a few of them that are off do not move
 */
export async function growthPerStep(
  pieces: number,
  each: number,
  work: () => Promise<void>,
): Promise<number> {
  const alive: number[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    await work();
    if (piece >= pieces / 3) alive.push(await aliveBytes());
  }
  const slopes = alive.flatMap((later, i) =>
    alive.slice(0, i).map((earlier, j) => (later - earlier) / ((i - j) * each)),
  );
  return slopes.sort((a, b) => a - b)[slopes.length >> 1] ?? Number.NaN;
}
