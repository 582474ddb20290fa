import { ZooKeeperClient, type ZooKeeperClientOptions } from '@mpim/zookeeper';

/** A server that the suite runs against. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly port: number;
  readonly connectString: string;
}

/** Gives the running server to the tests of a suite; only valid within tests. */
export type GetServer = () => ServerUnderTest;

/** A session timeout short enough to wait for, and long enough for a busy machine. */
export const SHORT_SESSION_MS = 2000;

/** The server's tick, ms: it grants two of them at least. */
export const TICK_MS = 500;

/** A client of the server, or of the proxy or chroot that `connectString` names. */
export function connect(
  server: { connectString: string },
  options: Partial<ZooKeeperClientOptions> = {},
): Promise<ZooKeeperClient> {
  return ZooKeeperClient.connect({ connectString: server.connectString, ...options });
}

let folders = 0;

/** A path that no other test uses. */
export function freshPath(): string {
  folders += 1;
  return `/test-${process.pid}-${folders}`;
}

/** A client in a tree of its own, below a fresh chroot. */
export async function connectToFreshTree(
  server: { connectString: string },
  options: Partial<ZooKeeperClientOptions> = {},
): Promise<ZooKeeperClient> {
  const connectString = `${server.connectString}${freshPath()}`;
  const zk = await ZooKeeperClient.connect({ connectString, ...options });
  await zk.ensurePath('/');
  return zk;
}

/** Waits until the client is in a state of this kind. */
export async function stateOf(
  zk: ZooKeeperClient,
  kind: ZooKeeperClient['state']['kind'],
): Promise<void> {
  if (zk.state.kind === kind) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const listener = (state: ZooKeeperClient['state']) => {
    if (state.kind === kind) resolve();
  };
  zk.on('state', listener);
  const timer = setTimeout(
    () => reject(new Error(`waited ${STATE_TIMEOUT_MS} ms for ${kind} and is ${zk.state.kind}`)),
    STATE_TIMEOUT_MS,
  );
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    zk.off('state', listener);
  }
}

const STATE_TIMEOUT_MS = 20_000;
