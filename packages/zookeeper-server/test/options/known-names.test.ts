import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

type Bad = [options: Record<string, unknown>, says: string];

const TLS: readonly Bad[] = [
  [{ tls: { caa: 'PEM' } }, 'tls has no caa: did you mean ca?'],
  [{ tls: { keyStore: {}, ca: 'PEM' } }, 'tls has no ca: there are keyStore, trustStore, '],
  [{ tls: { keyStore: { path: '/a' } } }, 'tls.keyStore has no path: there are location, '],
  [
    { tls: { keyStore: {}, trustStore: { passwd: '' } } },
    'tls.trustStore has no passwd: did you mean password?',
  ],
];
const ADMIN: readonly Bad[] = [
  [{ commandURL: '/' }, 'has no commandURL: did you mean commandUrl?'],
  [{ tls: {} }, 'has no tls: there are host, port, commandUrl, idleTimeoutMs'],
];

function within(what: string, bad: readonly Bad[]): Bad[] {
  return bad.map(([options, says]) => [{ [what]: options }, `${what} ${says}`]);
}

const START: readonly Bad[] = [
  [{ sasl: { bob: 'secret' } }, 'options has no sasl: did you mean saslUsers?'],
  [{ datadir: '/data' }, 'options has no datadir: did you mean dataDir?'],
  [{ tickTime: 100 }, 'options has no tickTime: did you mean tickTimeMs?'],
  [{ enforceQuotas: true }, 'options has no enforceQuotas: did you mean enforceQuota?'],
  [{ maxClientCnxns: 0 }, 'options has no maxClientCnxns: there are tls, secure, '],
  // The server's own, for which an option could be taken.
  [{ schemes: new Set() }, 'options has no schemes: '],
  [{ handshakes: { count: 0, failed: 0 } }, 'options has no handshakes: '],
  [{ secure: { prot: 2281, tls: {} } }, 'secure has no prot: there are host, port, tls'],
  [{ secure: { tls: { certs: 'PEM' } } }, 'secure.tls has no certs: did you mean cert?'],
  ...TLS,
  ...within('admin', ADMIN),
  ...within('prometheus', ADMIN),
];

test('an option that there is none of is refused with the nearest one', async () => {
  for (const [options, says] of START) await refused(ZooKeeperServer.start(options), says);
});

test('so is one of another door, which is not opened', async () => {
  await using server = await ZooKeeperServer.start();
  await refused(server.listen({ prot: 0 } as object), 'options has no prot: there are host, port');
  for (const [options, says] of TLS) await refused(server.listen(options), says);
  for (const [options, says] of ADMIN) await refused(server.openAdmin(options), `options ${says}`);
});

async function refused(started: Promise<AsyncDisposable>, says: string): Promise<void> {
  try {
    await using _started = await started;
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    assert.equal(error.code, 'BAD_OPTION', String(error));
    assert.equal(error.message.slice(0, says.length), says);
    return;
  }
  assert.fail(`taken; it should say: ${says}`);
}
