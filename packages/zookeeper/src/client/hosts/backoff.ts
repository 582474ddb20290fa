import type { Random } from '../clock.ts';

const FIRST_MS = 50;
const LONGEST_MS = 2000;

/**
 * How long to wait before attempt number `attempt` (0 is the first) at reaching one of `hosts` servers.
 * The first round goes through all servers at once after a moment; each further round doubles the span
 * out of which the wait is drawn, so that the clients of a restarted server do not come back in step.
 */
export function reconnectDelayMs(attempt: number, hosts: number, random: Random): number {
  const round = Math.floor(attempt / hosts);
  const span = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(round, 16));
  return attempt === 0 ? (random() * FIRST_MS) / 5 : random() * span;
}
