import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Authority, waitFor } from '@mpim/testkit';
import { readTlsFiles, TlsTransport, watchTlsFiles } from '../../src/index.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import { connect, startProvider } from '../support/test-service.ts';

const authority = new Authority('ours');
const server = authority.issue('server');

/** The subject of the certificate a port shows to who shows one, if any. */
async function shownSubject(port: number, own: Partial<typeof server> = {}): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: authority.ca, ...own });
  await once(socket, 'secureConnect');
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

describe('TlsTransport', () => {
  leaveNothingOpen();

  test('a server of another authority, or with another name, is not spoken to', async () => {
    await using provider = await startProvider({}, { transport: new TlsTransport(server) });
    const port = provider.port;
    await using good = connect([port], { transport: new TlsTransport({ ca: authority.ca }) });
    assert.equal((await good.client.change({ text: 'a' })).text, 'a');
    await using named = connect([port], {
      transport: new TlsTransport({ ca: authority.ca, serverName: 'server' }),
    });
    assert.equal((await named.client.change({ text: 'a' })).text, 'a');
    await using stranger = connect([port], {
      transport: new TlsTransport({ ca: new Authority('theirs').ca }),
    });
    await assert.rejects(stranger.client.change({}), { code: 'UNAVAILABLE', sent: false });
    await using misnamed = connect([port], {
      transport: new TlsTransport({ ca: authority.ca, serverName: 'other' }),
    });
    await assert.rejects(misnamed.client.change({}), {
      code: 'UNAVAILABLE',
      sent: false,
      message: /other/,
    });
    await using plain = connect([port], { connectTimeoutMs: 300 });
    await assert.rejects(plain.client.change({}), { code: 'UNAVAILABLE', sent: false });
  });

  test('mTLS: callers need a certificate of the authority', async () => {
    const transport = new TlsTransport({
      ca: authority.ca,
      ...server,
      requireClientCertificate: true,
    });
    await using provider = await startProvider({}, { transport });
    const known = new TlsTransport({ ca: authority.ca, ...authority.issue('alice') });
    await using alice = connect([provider.port], { transport: known });
    assert.equal((await alice.client.change({ text: 'a' })).text, 'a');
    const others = [
      new TlsTransport({ ca: authority.ca }),
      new TlsTransport({ ca: authority.ca, ...new Authority('theirs').issue('alice') }),
    ];
    for (const other of others) {
      await using peer = connect([provider.port], { transport: other });
      await assert.rejects(peer.client.change({}), { code: 'UNAVAILABLE', sent: false });
    }
    await waitFor(() => provider.connectionCount === 1);
  });

  test('reload: new connections see the new certificate, open ones go on; a broken one changes nothing', async () => {
    const transport = new TlsTransport(server);
    await using provider = await startProvider({}, { transport });
    await using peer = connect([provider.port], {
      transport: new TlsTransport({ ca: authority.ca }),
    });
    await peer.client.change({});
    transport.reload(authority.issue('renewed'));
    assert.equal(await shownSubject(provider.port), 'renewed');
    await peer.client.change({});
    assert.throws(() => transport.reload({ ...server, key: authority.issue('x').key }));
    assert.throws(() => transport.reload({ cert: 'nonsense', key: server.key }));
    assert.equal(await shownSubject(provider.port), 'renewed');
  });

  test('reload under load: on both sides, while connections come and go, no call fails', async () => {
    const issue = (name: string) => ({ ca: authority.ca, ...authority.issue(name) });
    const transport = new TlsTransport({ ...issue('first'), requireClientCertificate: true });
    await using provider = await startProvider({}, { transport });
    let connections = 0;
    let stop = false;
    const callers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        connections++;
        await using peer = connect([provider.port], { transport });
        const calls = Array.from({ length: 20 }, (_, i) => peer.client.change({ text: `${i}` }));
        assert.deepEqual(
          (await Promise.all(calls)).map(({ text }) => Number(text)),
          Array.from({ length: 20 }, (_, i) => i),
        );
      }
    });
    for (let round = 1; round <= 10; round++) {
      const before = connections;
      transport.reload(issue(`renewed ${round}`));
      await waitFor(() => connections >= before + 4);
      assert.equal(await shownSubject(provider.port, server), `renewed ${round}`);
    }
    stop = true;
    await Promise.all(callers);
  });

  test('files are looked at now and then; half a change waits for the other half', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mprpc-tls-'));
    try {
      const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
      await Promise.all([writeFile(files.cert, server.cert), writeFile(files.key, server.key)]);
      const transport = new TlsTransport(await readTlsFiles(files));
      await using provider = await startProvider({}, { transport });
      const errors: unknown[] = [];
      let reloads = 0;
      using _watching = watchTlsFiles(transport, files, {
        intervalMs: 5,
        onError: (error) => errors.push(error),
        onReload: () => reloads++,
      });
      const renewed = authority.issue('renewed');
      await writeFile(files.cert, renewed.cert);
      await waitFor(() => errors.length > 0);
      const names = `${files.cert}, ${files.key}`;
      assert.match(String(errors[0]), new RegExp(`the TLS files ${names} cannot be used: .* stay`));
      assert.equal(await shownSubject(provider.port), 'server');
      await writeFile(files.key, renewed.key);
      await waitFor(() => reloads === 1);
      assert.equal(await shownSubject(provider.port), 'renewed');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('when only one side uses TLS the error asks for that', async () => {
    const asked = { code: 'UNAVAILABLE', message: /do both sides use TLS or neither\?$/ };
    await using encrypted = await startProvider({}, { transport: new TlsTransport(server) });
    await using plain = await startProvider({}, {});
    await using toEncrypted = connect([encrypted.port]);
    await using toPlain = connect([plain.port], {
      transport: new TlsTransport({ ca: authority.ca }),
    });
    await assert.rejects(toEncrypted.client.read({}), asked);
    await assert.rejects(toPlain.client.read({}), asked);
  });

  test('a caller that never finishes its handshake does not keep the provider from closing', async () => {
    const provider = await startProvider({}, { transport: new TlsTransport(server) });
    const socket = connectTcp({ host: '127.0.0.1', port: provider.port });
    await once(socket, 'connect');
    await provider.drain(500);
    await once(socket, 'close');
  });
});
