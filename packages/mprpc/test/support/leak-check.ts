import { afterEach, beforeEach } from 'node:test';
import { waitFor } from '@mpim/testkit';

/** The sockets, timers and file requests that are open now, by kind. */
export function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) {
    if (!/^(TCP|TLS|Timeout|Immediate|FSReq)/.test(resource)) continue;
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return counts;
}

/** Call it in a suite: each of its tests must leave no socket, timer or file request that was not there before it. */
export function leaveNothingOpen(): void {
  let before = new Map<string, number>();
  beforeEach(() => {
    before = openResources();
  });
  const left = (): string[] =>
    [...openResources()]
      .filter(([resource, count]) => count > (before.get(resource) ?? 0))
      .map(([resource, count]) => `${count} ${resource}`);
  afterEach(async () => {
    await waitFor(() => left().length === 0, {
      timeoutMs: 2000,
      what: `everything to be closed; still open: ${left()}`,
    });
  });
}
