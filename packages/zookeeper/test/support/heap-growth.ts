import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

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
 * @returns by how many bytes the heap grows with each of the `each` steps of a piece: the slope of the line through
 * the measurements
 */
export async function growthPerStep(
  pieces: number,
  each: number,
  work: () => Promise<void>,
): Promise<number> {
  const points: [steps: number, bytes: number][] = [];
  for (let piece = 0; piece < pieces; piece++) {
    await work();
    if (piece >= pieces / 3) points.push([piece * each, await aliveBytes()]);
  }
  const mean = (of: (point: [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanSteps, meanBytes] = [mean(([steps]) => steps), mean(([, bytes]) => bytes)];
  const covariance = mean(([steps, bytes]) => (steps - meanSteps) * (bytes - meanBytes));
  return covariance / mean(([steps]) => (steps - meanSteps) ** 2);
}
