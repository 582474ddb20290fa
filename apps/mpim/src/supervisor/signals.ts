/**
 * How the wish to stop reaches us. A terminal's Ctrl-C goes to every process of the group, and npm hands the same
 * signal on once more: signals this close together, in ms, are one wish.
 */
const ONE_WISH_MS = 700;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `onFirst` at the first wish to stop and `onAgain` at every later one. Returns the way to stop listening. */
export function onStopSignals(onFirst: () => void, onAgain: () => void): () => void {
  let last: number | undefined;
  const listener = () => {
    const now = performance.now();
    const isRepeat = last !== undefined && now - last < ONE_WISH_MS;
    if (isRepeat) return;
    const isFirst = last === undefined;
    last = now;
    if (isFirst) onFirst();
    else onAgain();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
