import { Latencies } from '../latencies.ts';
import { DATA_BYTES, type RoundRequest, type RoundResult } from './round.ts';

/** A ZooKeeper client reduced to what is measured. Paths are absolute, versions any, ACLs open. */
export interface Peer {
  create(path: string, data: Buffer): Promise<unknown>;
  set(path: string, data: Buffer): Promise<unknown>;
  get(path: string): Promise<unknown>;
  getChildren(path: string): Promise<unknown>;
  /** Reads the data and leaves a one-shot watch. */
  getAndWatch(path: string, fired: () => void): Promise<unknown>;
}

type Step = (caller: number) => Promise<unknown>;

const data = Buffer.alloc(DATA_BYTES, 'x');
const latencies = new Latencies();

/** Keeps `inFlight` callers busy, each asking again when it has its answer. */
export async function closedLoop(peer: Peer, request: RoundRequest): Promise<RoundResult> {
  const { inFlight, ms, operation } = request;
  latencies.clear();
  const step = steps(peer, request);
  const callers = operation === 'fan-out' ? 1 : inFlight;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + ms;
  const call = async (caller: number): Promise<void> => {
    let before = performance.now();
    do {
      await step(caller);
      const after = performance.now();
      latencies.add(after - before);
      before = after;
    } while (before < end);
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const calls = operation === 'fan-out' ? latencies.count * inFlight : latencies.count;
  return { calls, elapsedMs, userUs: user, systemUs: system, ...latencies.quantiles() };
}

function steps(peer: Peer, { operation, folder, inFlight }: RoundRequest): Step {
  const node = `${folder}/node`;
  let created = 0;
  switch (operation) {
    case 'create':
      return () => peer.create(`${folder}/n${created++}`, data);
    case 'set':
      return () => peer.set(node, data);
    case 'get':
      return () => peer.get(node);
    case 'getChildren':
      return () => peer.getChildren(`${folder}/parent`);
    case 'watch':
      return async (caller) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        await peer.getAndWatch(`${folder}/watched/n${caller}`, resolve);
        await peer.set(`${folder}/watched/n${caller}`, data);
        await promise;
      };
    case 'fan-out':
      return async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        let left = inFlight;
        const fired = (): void => {
          if (--left === 0) resolve();
        };
        const armed = Array.from({ length: inFlight }, () => peer.getAndWatch(node, fired));
        await Promise.all(armed);
        await peer.set(node, data);
        await promise;
      };
  }
}
