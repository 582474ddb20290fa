import type { Resolver } from '@mpim/mprpc';

/**
 * Calls `arrived` whenever an instance of a service appears that was not there before: another one took
 * over, or one came back. Those of the first look do not count. Returns what ends it.
 */
export function watchNewcomers(
  resolver: Resolver,
  service: string,
  arrived: () => void,
): () => void {
  let known: ReadonlySet<string> | undefined;
  return resolver.watch(service, (instances) => {
    const before = known;
    known = new Set(instances.map(({ id }) => id));
    if (before === undefined) return;
    for (const id of known) {
      if (before.has(id)) continue;
      arrived();
      return;
    }
  });
}
