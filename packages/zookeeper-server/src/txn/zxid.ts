const EPOCH_START_MS = Date.UTC(2020, 0, 1);
const COUNTER_BITS = 32n;
const COUNTS_PER_MS_BITS = 20;

/**
 * The zxid a server that keeps nothing starts from: its epoch half (the upper 32 bits) holds the
 * seconds since 2020-01-01 UTC, the top of its counter half the milliseconds within that second.
 *
 * A client refuses to talk to a server that is behind what it has already seen, and a server closes
 * such a client's connection without an answer, so that it tries the next host. A server that lost its
 * memory and began at 0 again would keep all its old clients in that loop for ever. Starting above every
 * zxid an earlier run can have given out (unless it made more than 2^20 changes per ms of its life) lets
 * them in, and they learn cleanly that their session has expired.
 */
export function firstZxid(nowMs: number): bigint {
  const sinceStart = Math.max(0, nowMs - EPOCH_START_MS);
  const seconds = Math.floor(sinceStart / 1000);
  const counter = Math.floor(sinceStart % 1000) * 2 ** COUNTS_PER_MS_BITS;
  return (BigInt(seconds) << COUNTER_BITS) | BigInt(counter);
}
