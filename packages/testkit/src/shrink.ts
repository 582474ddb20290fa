/**
 * The shortest list found for which `fails` still says true, made by leaving out ever smaller parts of it (delta
 * debugging). `items` itself must fail. Stops after `attempts` calls with the shortest so far.
 *
 * @example
 * const script = await shrink(requests, async (some) => (await replay(some)) !== null);
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
  attempts = 400,
): Promise<readonly T[]> {
  let shortest = items;
  let left = attempts;
  for (let size = Math.ceil(shortest.length / 2); ; ) {
    let hasShrunk = false;
    // From the end: what is late depends on what is early, seldom the other way round.
    for (
      let end = shortest.length;
      end > 0 && left > 0;
      end = Math.min(end - size, shortest.length)
    ) {
      const candidate = [...shortest.slice(0, Math.max(0, end - size)), ...shortest.slice(end)];
      if (candidate.length === 0) continue;
      left--;
      if (!(await fails(candidate))) continue;
      shortest = candidate;
      hasShrunk = true;
    }
    if (left === 0 || (size === 1 && !hasShrunk)) return shortest;
    if (!hasShrunk) size = Math.ceil(size / 2);
    else size = Math.min(size, Math.ceil(shortest.length / 2));
  }
}
