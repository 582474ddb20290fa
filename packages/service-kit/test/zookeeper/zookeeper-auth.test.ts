import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { digestId } from '@mpim/zookeeper';
import { loadZooKeeperAuth, ServiceKitError } from '../../src/index.ts';

async function authFile() {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'identities');
  return {
    path,
    async write(text: string, mode = 0o600) {
      await writeFile(path, text);
      await chmod(path, mode);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** The error that a file gets. */
function refusal(path: string): ServiceKitError {
  try {
    loadZooKeeperAuth(path);
  } catch (error) {
    assert.ok(error instanceof ServiceKitError);
    assert.equal(error.code, 'ZOOKEEPER_AUTH');
    return error;
  }
  assert.fail('it was taken');
}

test('every line is an identity, shown to the servers and owner of what is created', async () => {
  await using file = await authFile();
  await file.write(
    '\uFEFF# the services\r\n\r\ndigest mpim:with: colon and spaces\r\n  sasl\tmpim:other\r\ndigest next:n',
  );
  const auth = loadZooKeeperAuth(file.path);
  assert.ok(auth);
  assert.deepEqual(auth.auth, [
    { scheme: 'digest', auth: 'mpim:with: colon and spaces' },
    { scheme: 'digest', auth: 'next:n' },
  ]);
  assert.deepEqual(auth.sasl?.(), { username: 'mpim', password: 'other' });
  assert.deepEqual(auth.acl, [
    { scheme: 'digest', id: digestId('mpim:with: colon and spaces'), permissions: 31 },
    { scheme: 'sasl', id: 'mpim', permissions: 31 },
    { scheme: 'digest', id: digestId('next:n'), permissions: 31 },
    { scheme: 'world', id: 'anyone', permissions: 1 },
  ]);
  assert.deepEqual(auth.warnings, []);
  assert.equal(loadZooKeeperAuth(''), undefined);
});

test('a line that is no identity is named, and what it holds is not told', async () => {
  await using file = await authFile();
  for (const [text, at, reason] of [
    ['# fine\nmpim:hush', 2, /:2 is no identity: write "digest user:password"/],
    ['plain mpim:hush', 1, /:1 is no identity/],
    ['digest mpim', 1, /:1 is no identity/],
    ['digest :hush', 1, /:1 lacks the user/],
    ['digest mpim:', 1, /:1 lacks the user or the password/],
    ['sasl a:hush\n\nsasl b:hush', 3, /:3 is a second sasl identity/],
  ] as const) {
    await file.write(text);
    const { message } = refusal(file.path);
    assert.match(message, reason);
    assert.ok(message.startsWith(`${file.path}:${at} `), message);
    assert.doesNotMatch(message, /hush/);
  }
  await file.write('# nothing but this\n');
  assert.match(refusal(file.path).message, /holds no identity: write/);
});

test('a file that others can read or write is refused, one that its group reads is warned of', async () => {
  await using file = await authFile();
  for (const mode of [0o604, 0o602, 0o601, 0o620, 0o666]) {
    await file.write('digest mpim:secret', mode);
    assert.match(refusal(file.path).message, /open to other users.*chmod 600 \//, mode.toString(8));
  }
  await file.write('digest mpim:secret', 0o640);
  const [warning] = loadZooKeeperAuth(file.path)?.warnings ?? [];
  assert.match(warning ?? '', /read by its group.*chmod 600 \//);
});

test('a file that cannot be read is named, with the flag', () => {
  assert.match(
    refusal('/nowhere/identities').message,
    /ENOENT.*\/nowhere\/identities.*--zookeeper-auth-file/,
  );
});

test('the password of SASL is read again when it is asked for; what cannot be used is told and changes nothing', async () => {
  await using file = await authFile();
  await file.write('sasl mpim:old');
  const refused: string[] = [];
  const { sasl } = loadZooKeeperAuth(file.path, (error) => refused.push(String(error))) ?? {};
  const password = () => {
    const credentials = sasl?.();
    assert.equal(credentials?.username, 'mpim');
    return credentials?.password;
  };
  assert.equal(password(), 'old');
  await file.write('digest next:x\nsasl mpim:new');
  assert.equal(password(), 'new');
  assert.deepEqual(refused, []);
  for (const [text, mode, reason] of [
    ['sasl mpim', 0o600, /:1 is no identity/],
    ['sasl other:hush', 0o600, /no longer names the SASL user of the start/],
    ['sasl mpim:hush', 0o644, /open to other users/],
  ] as const) {
    await file.write(text, mode);
    refused.length = 0;
    assert.equal(password(), 'new');
    assert.match(refused[0] ?? '', reason);
    assert.doesNotMatch(refused.join(), /hush/);
  }
  assert.equal(password(), 'new');
  assert.equal(refused.length, 1, 'told once');
  await file.write('sasl mpim:last');
  assert.equal(password(), 'last');
});
