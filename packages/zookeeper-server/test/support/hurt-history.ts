import { FaultProxy, History, type ZnodeOp } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { Dice } from './dice.ts';
import { callZnode, drawZnodeOp, REGISTERS, SEQUENCE } from './znode-calls.ts';

/** A server in a process of its own that can be killed and started again on its data. */
export interface KillableServer {
  /** Another one after each start, perhaps. */
  readonly port: number;
  /** Kills it with SIGKILL and starts it again; resolves when it serves. */
  killAndRestart(): Promise<void>;
}

const SESSION_TIMEOUT_MS = 10_000;
/** A fault comes after so many calls, over all clients. */
const CALLS_PER_FAULT = 60;
/** Every fifth fault. */
const FAULTS_PER_KILL = 5;

/**
 * Lets real clients call a real server over sockets, cuts their connections, now and then within a frame, and kills
 * the server; gives what they saw. Afterwards everybody has read everything once more.
 */
export async function hurtHistory(
  server: KillableServer,
  options: { seed: number; clients: number; callsPerClient: number },
): Promise<{ history: History<ZnodeOp>; kills: number; cuts: number }> {
  await using proxy = await FaultProxy.start(() => server.port);
  const dice = new Dice(options.seed);
  const history = new History<ZnodeOp>();
  const counts = { calls: 0, kills: 0, cuts: 0 };
  let killing: Promise<void> = Promise.resolve();
  const fault = (): void => {
    const faults = Math.floor(counts.calls / CALLS_PER_FAULT);
    if (faults % FAULTS_PER_KILL === 0) {
      counts.kills++;
      killing = killing.then(() => server.killAndRestart());
      return;
    }
    counts.cuts++;
    if (dice.chance(40)) proxy.cut();
    else proxy.cutAfter(dice.below(300), dice.one(['to-client', 'to-server']));
  };
  const call = async (zk: ZooKeeperClient, name: string, op: ZnodeOp): Promise<void> => {
    await history.record(name, op, () => callZnode(zk, op, { sync: true }));
    if (++counts.calls % CALLS_PER_FAULT === 0) fault();
  };
  const client = async (name: string, own: Dice): Promise<void> => {
    await using zk = await ZooKeeperClient.connect({
      connectString: proxy.connectString,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      renewExpiredSession: true,
    });
    for (let i = 0; i < options.callsPerClient; i++) {
      await call(zk, name, drawZnodeOp(own, `${name}-${i}`));
    }
  };

  {
    await using zk = await ZooKeeperClient.connect({ connectString: proxy.connectString });
    await zk.create(SEQUENCE, null);
  }
  await Promise.all(
    Array.from({ length: options.clients }, (_, i) => client(`c${i}`, dice.fork())),
  );
  await killing;
  proxy.heal();
  await using last = await ZooKeeperClient.connect({ connectString: proxy.connectString });
  for (const path of REGISTERS) await call(last, 'last', { kind: 'get', path });
  await call(last, 'last', { kind: 'count-sequential', parent: SEQUENCE });
  return { history, kills: counts.kills, cuts: counts.cuts };
}
