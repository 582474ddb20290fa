import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { RpcChannel, RpcError, StaticResolver } from '@mpim/mprpc';
import { type Child, freePort, startChild, temporaryFolder, waitFor } from '@mpim/testkit';
import { commonSettings, loadServiceSecrets } from '../../src/index.ts';
import { channelRules } from '../../src/rpc/traffic-rules.ts';
import { EchoServiceRpcDefinition } from '../support/echo-service.ts';

/** The echo service as a process of its own, without ZooKeeper. */
async function startEcho(dataDir: string): Promise<Child & { port: number }> {
  const port = await freePort();
  const script = join(import.meta.dirname, '../lifecycle/run-echo.ts');
  const child = startChild(process.execPath, [
    ...[script, '--port', String(port), '--data-dir', dataDir],
    ...['--zookeeper', `127.0.0.1:${await freePort()}`],
  ]);
  await child.waitForLine(/"msg":"serving"/);
  return Object.assign(child, { port });
}

/** The same service under another name, so that it is another one to the channel. */
function named(name: string) {
  const { methods } = EchoServiceRpcDefinition;
  return { ...EchoServiceRpcDefinition, name, methods: { echo: { ...methods.echo } } };
}

const Fast = named('FastRpc');
const Slow = named('SlowRpc');

test('a dependency that hangs takes neither the caller nor its other calls with it', async () => {
  await using folder = await temporaryFolder();
  const { own } = loadServiceSecrets(folder.path);
  await using slow = await startEcho(folder.path);
  await using fast = await startEcho(folder.path);
  const at = ({ port }: { port: number }) => [{ host: '127.0.0.1', port }];
  const settings = commonSettings.parse({ rpcMaxInFlight: 50 });
  await using channel = new RpcChannel({
    resolver: new StaticResolver({ FastRpc: at(fast), SlowRpc: at(slow) }),
    authentication: { secret: own },
    ...channelRules(settings),
  });
  const toFast = channel.client(Fast);
  const toSlow = channel.client(Slow);
  assert.equal(await toSlow.echo('well'), 'well');
  slow.kill('SIGSTOP');

  const outcomes = new Map<string, number>();
  const callSlow = async (): Promise<void> => {
    try {
      await toSlow.echo('x', { deadlineMs: 300 });
      assert.fail('a stopped process has answered');
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const word = error.reason ?? error.code;
      outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
    }
  };
  const flood = Array.from({ length: 500 }, callSlow);
  // All of these are there at once; what is too many has failed already.
  assert.equal(channel.stats.inFlight, 100);
  assert.equal(channel.stats.queued, 50);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => toFast.echo(`${i}`)));
  assert.deepEqual(
    answers,
    Array.from({ length: 100 }, (_, i) => `${i}`),
  );
  await Promise.all(flood);
  assert.equal(outcomes.get('CHANNEL_FULL'), 400);
  assert.equal(outcomes.get('DEADLINE_EXCEEDED'), 100);

  // Two hundred of them in ten seconds, and it is not called at all for a while.
  await waitFor(
    async () => {
      await Promise.all(Array.from({ length: 50 }, callSlow));
      return (outcomes.get('CIRCUIT_OPEN') ?? 0) > 0;
    },
    { timeoutMs: 9_000 },
  );
  assert.equal(await toFast.echo('still here'), 'still here');
  assert.equal(channel.stats.inFlight, 0);
});
