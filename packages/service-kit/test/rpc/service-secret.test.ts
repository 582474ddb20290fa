import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { RpcChannel, StaticResolver } from '@mpim/mprpc';
import { freePort, temporaryFolder } from '@mpim/testkit';
import { loadServiceSecrets, startService } from '../../src/index.ts';
import { EchoServiceRpcDefinition, echoService } from '../support/echo-service.ts';

describe('the secret between services', () => {
  test('is made once, for its owner alone, and shared by all that use the folder', async () => {
    await using folder = await temporaryFolder();
    const { own, accepted } = loadServiceSecrets(folder.path);
    assert.match(own, /^[0-9a-f]{64}$/);
    assert.deepEqual(accepted, [own]);
    assert.deepEqual(loadServiceSecrets(folder.path), { own, accepted });
    assert.deepEqual(await readdir(folder.path), ['service-secret']);
    if (process.platform !== 'win32') {
      assert.equal((await stat(join(folder.path, 'service-secret'))).mode & 0o777, 0o600);
    }
    await using other = await temporaryFolder();
    assert.notEqual(loadServiceSecrets(other.path).own, own);
  });

  test('is given: its first line is shown, all are accepted; a file without one is refused', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'given');
    await writeFile(file, 'new-secret-of-the-house\n\n  old-secret-of-the-house \n');
    assert.deepEqual(loadServiceSecrets(folder.path, file), {
      own: 'new-secret-of-the-house',
      accepted: ['new-secret-of-the-house', 'old-secret-of-the-house'],
    });
    for (const text of ['', '\n', 'short\n', 'new-secret-of-the-house\nshort']) {
      await writeFile(file, text);
      assert.throws(() => loadServiceSecrets(folder.path, file), { code: 'SERVICE_SECRET' });
    }
    assert.throws(() => loadServiceSecrets(folder.path, join(folder.path, 'missing')), {
      code: 'SERVICE_SECRET',
      message: /ENOENT.*--service-secret-file/,
    });
  });

  test('keeps strangers from calling a service', async () => {
    await using folder = await temporaryFolder();
    await using service = await startService(echoService().spec, {
      zookeeper: `127.0.0.1:${await freePort()}`,
      dataDir: folder.path,
      logLevel: 'silent',
    });
    const resolver = new StaticResolver([{ host: service.host, port: service.port }]);
    const secret = loadServiceSecrets(folder.path).own;
    await using friend = new RpcChannel({ resolver, authentication: { secret } });
    assert.equal(await friend.client(EchoServiceRpcDefinition).echo('hello'), 'hello');
    const strangers = [{}, { authentication: { secret: 'guessed-by-a-stranger' } }];
    for (const options of strangers) {
      await using stranger = new RpcChannel({ resolver, ...options });
      await assert.rejects(stranger.client(EchoServiceRpcDefinition).echo('hello'), {
        code: 'UNAUTHENTICATED',
      });
    }
  });
});
