import type { ZooKeeperClient } from '@mpim/zookeeper';
import { onStopSignals } from '../supervisor/signals.ts';

/** Resolves at Ctrl-C, or when the session has come to an end by itself. */
export function untilInterrupted(zk: ZooKeeperClient): Promise<void> {
  return new Promise((resolve) => {
    // A socket of a suspended session is no reason for the process to live: the timer is.
    const alive = setInterval(() => {}, 60_000);
    const done = () => {
      clearInterval(alive);
      release();
      resolve();
    };
    const release = onStopSignals(done, () => process.exit(130));
    zk.on('state', ({ kind }) => {
      if (kind === 'expired' || kind === 'closed' || kind === 'auth-failed') done();
    });
  });
}
