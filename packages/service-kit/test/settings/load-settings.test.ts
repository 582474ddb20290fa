import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { z } from 'zod';
import { commonSettings, loadSettings, ServiceKitError } from '../../src/index.ts';

const schema = commonSettings.extend({
  verbose: z.boolean().default(false).describe('Say more'),
  origins: z.array(z.string()).default([]).describe('Web origins'),
  apiSecret: z.string().min(8).default('').meta({ secret: true }),
});

function refusal(run: () => unknown): ServiceKitError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceKitError);
    return error;
  }
  return assert.fail('expected a refusal');
}

test('flags come before environment, environment before file, file before defaults', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'mpim.conf');
  await writeFile(file, '# ours\nport=1\nadmin-port = 2\nzone=east\nhost=::1\n');
  const env = { MPIM_CONFIG: file, MPIM_ADMIN_PORT: '3', MPIM_ZONE: 'west', MPIM_HOST: '' };
  const settings = loadSettings(schema, { args: ['--zone', 'north'], env });
  assert.equal(settings.zone, 'north');
  assert.equal(settings.adminPort, 3);
  assert.equal(settings.port, 1);
  assert.equal(settings.host, '::1', 'an empty variable counts as not set');
  assert.equal(settings.weight, 100);
});

test('texts become numbers, booleans and lists', () => {
  const args = ['--verbose', '--origins', 'https://a.example, https://b.example', '--port=7'];
  const settings = loadSettings(schema, { args });
  assert.equal(settings.verbose, true);
  assert.equal(settings.port, 7);
  assert.deepEqual(settings.origins, ['https://a.example', 'https://b.example']);
  assert.equal(loadSettings(schema, { env: { MPIM_VERBOSE: 'no' } }).verbose, false);
});

test("the C++ system's key=value file is understood", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'test.conf');
  await writeFile(
    file,
    'rpcserverip=127.0.0.2\r\nrpcserverport=6000\r\nzookeeperip=127.0.0.3\r\nzookeeperport=2182\r\n',
  );
  const settings = loadSettings(schema, { args: ['--config', file] });
  assert.equal(settings.host, '127.0.0.2');
  assert.equal(settings.port, 6000);
  assert.equal(settings.zookeeper, '127.0.0.3:2182');
});

test('a JSON file holds the same names', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'mpim.json');
  await writeFile(file, '{"session-timeout-ms": 2000, "verbose": true, "someOtherService": 1}');
  const settings = loadSettings(schema, { args: ['--config', file] });
  assert.equal(settings.sessionTimeoutMs, 2000);
  assert.equal(settings.verbose, true);
});

test('every wrong setting is named with its value, its source and the remedy', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'mpim.conf');
  await writeFile(file, '\nweight=heavy\n');
  const error = refusal(() =>
    loadSettings(schema, {
      args: ['--config', file, '--port', '70000'],
      env: { MPIM_LOG_LEVEL: 'loud' },
    }),
  );
  assert.equal(error.code, 'INVALID_SETTING');
  assert.match(error.message, /port: "70000" \(command line\).*a whole number from 0 to 65535/);
  assert.match(
    error.message,
    /log-level: "loud" \(environment MPIM_LOG_LEVEL\).*one of silent, fatal/,
  );
  assert.match(error.message, /weight: "heavy" \(file .*mpim\.conf:2\)/);
});

test('a secret setting is not shown when it is refused', () => {
  const error = refusal(() => loadSettings(schema, { env: { MPIM_API_SECRET: 'hunter2' } }));
  assert.match(error.message, /api-secret: the given value \(environment MPIM_API_SECRET\)/);
  assert.ok(!error.message.includes('hunter2'));
});

test('unknown flags, missing values and stray words are refused with the way out', () => {
  assert.match(
    refusal(() => loadSettings(schema, { args: ['--prot', '1'] })).message,
    /did you mean --port\?/,
  );
  assert.match(refusal(() => loadSettings(schema, { args: ['--port'] })).message, /--port VALUE/);
  assert.match(refusal(() => loadSettings(schema, { args: ['7000'] })).message, /"7000"/);
  assert.match(
    refusal(() => loadSettings(schema, { args: ['--adminPort', '1'] })).message,
    /admin-port/,
  );
});

test('an unreadable or malformed file is named', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'absent.conf');
  const absent = refusal(() => loadSettings(schema, { args: ['--config', file] }));
  assert.equal(absent.code, 'SETTINGS_FILE');
  assert.match(absent.message, /absent\.conf/);
  await writeFile(file, 'port=1\nnonsense\n');
  const malformed = refusal(() => loadSettings(schema, { args: ['--config', file] }));
  assert.match(malformed.message, /absent\.conf:2/);
});
