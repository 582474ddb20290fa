import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { temporaryFolder } from '@mpim/testkit';
import { SupervisedChild } from '../../src/supervisor/supervised-child.ts';
import { UpReporter } from '../../src/up/reporter.ts';
import { childSpec } from '../supervisor/specs.ts';

async function screen(gatewayPort: number, zookeeperPort: number): Promise<string> {
  await using folder = await temporaryFolder();
  const lines: string[] = [];
  const reporter = new UpReporter(
    { dataDir: folder.path, gatewayPort, zookeeperPort, logLevel: 'info' },
    (line) => lines.push(stripVTControlCharacters(line)),
  );
  const child = new SupervisedChild(childSpec(folder.path, 'user'));
  child.start();
  await once(child, 'ready');
  reporter.started([child]);
  reporter.died(child, { pid: 7, how: 'signal SIGKILL', restartInMs: 200 });
  reporter.back(child, 500);
  assert.match(lines.join('\n'), new RegExp(`user +127\\.0\\.0\\.1:7000 +- +${child.pid}\\b`));
  await child.stop(5_000);
  return lines.join('\n');
}

test('one screen: what runs, where data and logs are, what to try next', async () => {
  const text = await screen(8080, 2181);
  assert.match(text, /http:\/\/127\.0\.0\.1:8080\//);
  assert.match(text, /npx mpim chat --user alice --register$/m);
  assert.match(text, /npx mpim zk ls \/services$/m);
  assert.match(text, /logs {2}.*logs$/m);
  assert.match(text, /user \(process 7\) died: signal SIGKILL\. It starts again in 0\.2 s/);
  assert.match(text, /user is back \(process \d+\) after 0\.5 s\./);
});

test('ports of its own appear in the commands to try', async () => {
  const text = await screen(9090, 3181);
  assert.match(text, /npx mpim chat --user bob --register --gateway ws:\/\/127\.0\.0\.1:9090$/m);
  assert.match(text, /npx mpim zk --server 127\.0\.0\.1:3181 ls \/services$/m);
});
