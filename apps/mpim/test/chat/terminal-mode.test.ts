import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { startChild, waitFor } from '@mpim/testkit';

type Support = typeof import('../../../../packages/client/test/support/fake-gateway.ts');

// The SDK's own gateway for tests: it speaks the real envelope.
const support = '../../../../packages/client/test/support/fake-gateway.ts';
const { FakeGateway }: Support = await import(support);

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
// script(1) of util-linux lends a program a terminal of its own.
const noTerminal = spawnSync('script', ['--version']).stdout?.includes('util-linux')
  ? false
  : 'script(1) of util-linux is not installed';

test('a person at a terminal', { skip: noTerminal }, async () => {
  await using gateway = await FakeGateway.start(['alice', 'bob']);
  gateway.store.open('dm:alice:bob', ['alice', 'bob']);
  gateway.post('dm:alice:bob', 'bob', 'while you were away');
  const command = `${process.execPath} ${main} chat --gateway ${gateway.address} --user alice`;
  await using terminal = startChild('script', ['-qefc', command, '/dev/null'], {
    env: { MPIM_PASSWORD: undefined, NO_COLOR: '1', TERM: 'xterm' },
  });
  // Prompts end without a line break: what came is read as it came.
  let received = '';
  terminal.process.stdout?.on('data', (chunk: Buffer) => {
    received += chunk.toString('utf8');
  });
  const screen = () => stripVTControlCharacters(received);
  const shows = (pattern: RegExp) =>
    waitFor(() => pattern.test(screen()), { what: `${pattern} in:\n${screen()}` });

  await shows(/Password of alice: $/);
  terminal.process.stdin?.write('secret-alice\r');
  await shows(/Signed in as alice/);
  await shows(/● bob 1 unread/);
  terminal.process.stdin?.write('/open bob\r');
  await shows(/bob: while you were away/);
  terminal.process.stdin?.write('back again\r');
  await shows(/alice: back again/);
  gateway.post('dm:alice:bob', 'bob', 'good \u001b]0;pwned\u0007evening');
  await shows(/bob: good \]0;pwnedevening/);
  terminal.process.stdin?.write('/quit\r');
  assert.equal(await terminal.exit, 0);
  assert.doesNotMatch(received, /secret-alice/, 'the password is not shown');
  await waitFor(() => gateway.store.sync('alice', []).every((one) => one.readSeq === one.lastSeq));
});
