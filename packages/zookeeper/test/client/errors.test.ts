import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

async function failure(call: Promise<unknown>): Promise<ZooKeeperError> {
  const error: unknown = await call.then(
    () => 'no error',
    (each: unknown) => each,
  );
  assert.ok(error instanceof ZooKeeperError, String(error));
  return error;
}

describe('an error', () => {
  it('says what to do', async () => {
    await using server = await ZooKeeperServer.start();
    const { connectString } = server;
    await using zk = await ZooKeeperClient.connect({ connectString: `${connectString}/app` });
    const { message } = await failure(zk.create('/a', null));
    assert.equal(message, 'create /a: its parent is not there; ensurePath makes it');
    assert.equal((await failure(zk.get('/a'))).message, 'get /a: no such node');
    await using below = zk.below('/a');
    const rootless = 'children /: the chroot is not there; ensurePath makes it';
    assert.equal((await failure(below.children('/'))).message, rootless);

    const disabled = await failure(zk.reconfigure({ leaving: ['2'] }));
    assert.match(
      disabled.message,
      /^reconfigure .*: the servers do not allow it \(reconfigEnabled\)$/,
    );

    server.pause();
    const late = await failure(zk.get('/a', { timeoutMs: 20 }));
    assert.equal(late.message, 'get /a: no answer within 20 ms; it may have been applied');
    server.resume();

    const tls = { ca: '/etc/zk/ca.pem' };
    const path = await failure(ZooKeeperClient.connect({ connectString, tls }));
    assert.match(path.message, /^options\.tls: ca is no PEM: .*TlsFiles takes its path/);
  });

  it('is printed with the facts it has', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
    const one = inspect(await failure(zk.get('/a')));
    assert.match(one, /code: 'NO_NODE'/);
    assert.doesNotMatch(one, /failedIndex|results/);
    const several = inspect(await failure(zk.multi([{ type: 'check', path: '/a' }])));
    assert.match(several, /failedIndex: 0/);
  });
});
