import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { missingDebianPackage } from '@mpim/testkit';
import { type Bench, type BenchSettings, type Row, selected } from './bench.ts';
import { BareDisk } from './zookeeper-server/bare-disk.ts';
import { barsOf } from './zookeeper-server/bars.ts';
import { fanOutName, runFanOut } from './zookeeper-server/fan-out.ts';
import { LoadClient } from './zookeeper-server/load-client.ts';
import { manyNodesName, runManyNodes } from './zookeeper-server/many-nodes.ts';
import { REQUEST_CASES, runRequests } from './zookeeper-server/request-cases.ts';
import { LIMIT, PEER, ServerProcess, US } from './zookeeper-server/server-process.ts';
import { runStartUp, START_UP } from './zookeeper-server/start-up.ts';

/** Below the checkout, which lies on a real disk; a system's temporary folder may be memory. */
const SCRATCH = join(import.meta.dirname, '../../node_modules/.cache/mpim/bench-zookeeper-server');

/**
 * ZooKeeper servers: the embedded one as `mpim zookeeper` runs it, Apache's, and a bare responder that shows what
 * sockets and disk allow. All wait for the same disk and get their load from the same process, in turns.
 */
export const zookeeperServerBench: Bench = {
  name: 'zookeeper-server',
  description:
    'requests, fan-out, a million nodes and start: the embedded server, Apache ZooKeeper, a bare responder',
  defaults: { rounds: 3, roundMs: 400 },
  run,
  bars: barsOf,
};

async function run(settings: BenchSettings): Promise<Row[]> {
  const other = [START_UP, fanOutName(settings), manyNodesName(settings)].map((name) => ({ name }));
  const cases = selected([...REQUEST_CASES, ...other], settings);
  const isSelected = (name: string): boolean => cases.some((each) => each.name === name);
  const missing = await missingDebianPackage('zookeeper');
  if (missing !== undefined) throw new Error(missing);
  await mkdir(SCRATCH, { recursive: true });
  const scratch = await mkdtemp(join(SCRATCH, 'run-'));
  try {
    await using load = await LoadClient.start();
    return [
      ...(isSelected(START_UP) ? await runStartUp(scratch, settings) : []),
      ...(await onRunningServers(load, scratch, cases, settings)),
      ...(isSelected(manyNodesName(settings)) ? await runManyNodes(load, scratch, settings) : []),
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function onRunningServers(
  load: LoadClient,
  scratch: string,
  selection: readonly { readonly name: string }[],
  settings: BenchSettings,
): Promise<Row[]> {
  const requests = REQUEST_CASES.filter((each) => selection.includes(each));
  const hasFanOut = selection.some(({ name }) => name === fanOutName(settings));
  if (requests.length === 0 && !hasFanOut) return [];
  await using running = new AsyncDisposableStack();
  const start = async (name: string): Promise<ServerProcess> => {
    const server = running.use(await ServerProcess.create(name, scratch));
    await server.start();
    return server;
  };
  const servers = [await start(US), await start(PEER)];
  const fanOut = hasFanOut ? await runFanOut(load, servers, settings) : [];
  if (requests.length === 0) return fanOut;
  servers.push(await start(LIMIT));
  using disk = new BareDisk(scratch);
  return [...(await runRequests({ load, servers, disk }, requests, settings)), ...fanOut];
}
