import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Child, freePorts, startChild, temporaryFolder, waitFor } from '@mpim/testkit';
import { isShown, readSteps, type Terminal } from './guide-page.ts';

const root = join(import.meta.dirname, '../..');
const steps = readSteps(join(root, 'docs/your-first-service.md'));

test('the guide to the first service does what it says, block by block', async () => {
  await using checkout = await temporaryFolder('first-service');
  await symlink(join(root, 'node_modules'), join(checkout.path, 'node_modules'));
  const [zookeeper = 0, admin = 0] = await freePorts(2);
  // The reader's ports may be taken here.
  const here = (text: string): string =>
    text.replaceAll('2181', String(zookeeper)).replaceAll('9100', String(admin));
  let folder = checkout.path;
  await using running = new AsyncDisposableStack();
  const terminals = new Map<Terminal, Child>();
  const run = (commands: string): Child =>
    running.use(
      startChild('bash', ['-c', commands], {
        cwd: folder,
        group: true,
        env: {
          MPIM_ZOOKEEPER: `127.0.0.1:${zookeeper}`,
          NO_COLOR: '1',
          PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
        },
      }),
    );
  const shown = async (child: Child, output: string): Promise<void> => {
    const ending = here(output);
    const ended = await child.exit;
    const text = [...child.stdout, ...child.stderr].join('\n');
    assert.ok(
      isShown(ending, text),
      `it ended with ${ended} and printed\n${text}\ninstead of\n${ending}`,
    );
  };
  let done = 0;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'file') {
      const path = join(folder, step.name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, here(step.text));
    } else if (step.kind === 'interrupt') {
      const third = terminals.get('third');
      assert.ok(third);
      await waitFor(async () => (await metric(admin, 'mpim_rpc_server_in_flight')) === 1, {
        what: 'the slow call to be with the service',
      });
      const service = terminals.get(step.terminal);
      service?.kill('SIGINT');
      await shown(third, step.output ?? '');
      await service?.exit;
    } else if (step.terminal !== 'third') {
      // It runs on: a line of it says that it is ready.
      const child = run(here(step.commands));
      terminals.set(step.terminal, child);
      const said = (text: string): boolean => isShown(here(step.output ?? ''), text);
      await waitFor(() => child.stdout.some(said) || !child.running, {
        what: `${step.output} from ${step.commands}; it said:\n${child.output()}`,
      });
      assert.ok(child.running, child.output());
    } else if (step.commands.startsWith('mkdir')) {
      const { exit } = run(`${step.commands} && pwd`);
      assert.equal(await exit, 0);
      folder = join(folder, 'greeter');
    } else {
      const child = run(here(step.commands));
      terminals.set('third', child);
      const isAwaited = steps[index + 1]?.kind !== 'interrupt';
      if (isAwaited && step.output !== undefined) await shown(child, step.output);
      else if (isAwaited) assert.equal(await child.exit, 0, child.output());
      if (step.commands.includes('config set')) {
        await terminals.get('second')?.waitForLine(/"greeting":"Good evening"/);
      }
    }
    done++;
  }
  assert.ok(done > 15, `${done} steps`);
});

async function metric(port: number, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const line = (await answer.text()).split('\n').find((each) => each.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}
