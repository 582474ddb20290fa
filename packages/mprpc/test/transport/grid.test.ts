import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Authority, waitFor } from '@mpim/testkit';
import {
  type CompressionOptions,
  MemoryTransport,
  RpcError,
  type StatusCode,
  TlsTransport,
  type Transport,
  type TransportSocket,
  tcpTransport,
} from '../../src/index.ts';
import { FrameFlag, FrameType } from '../../src/wire/constants.ts';
import { FrameDecoder } from '../../src/wire/frame-decoder.ts';
import { leaveNothingOpen, openResources } from '../support/leak-check.ts';
import { type Frame, frame, helloFrame } from '../support/scripted-peer.ts';
import {
  connect,
  type StreamHandlers,
  startProvider,
  type TestHandlers,
  type Text,
} from '../support/test-service.ts';

const authority = new Authority('grid');
const secure = { ca: authority.ca, ...authority.issue('grid'), requireClientCertificate: true };
const transports: Record<string, () => Options> = {
  TCP: () => ({ transport: tcpTransport }),
  TLS: () => ({ transport: new TlsTransport(secure) }),
  'in-memory': () => ({ transport: new MemoryTransport() }),
  'TCP, compressed': () => ({ transport: tcpTransport, compression: { thresholdBytes: 1 } }),
};

/** What both sides are given. */
interface Options {
  readonly transport: Transport;
  readonly compression?: CompressionOptions;
}

const outcomes = [
  'success',
  'error',
  'deadline',
  'cancel',
  'the server dies',
  'a cut in the middle of a frame',
  'drain',
] as const;
/** The cells of the grid that were run to their end. */
const ran = new Set<string>();

const kinds = ['unary', 'client streaming', 'server streaming', 'bidirectional'] as const;
type Kind = (typeof kinds)[number];
/** Long enough to shrink. */
const HELLO = 'hello'.repeat(50);
type Client = ReturnType<typeof connect>['client'];

/** Makes a call of some kind with one request and returns all responses, joined. */
async function call(client: Client, kind: Kind, options: object = {}): Promise<string> {
  const request = { text: HELLO };
  if (kind === 'unary') return (await client.change(request, options)).text;
  if (kind === 'client streaming') return (await client.collect([request], options)).text;
  const stream =
    kind === 'server streaming' ? client.list(request, options) : client.chat([request], options);
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  return texts.join(' ');
}

/** Handlers of every kind that all do the same. */
function handlers(
  act: (signal: AbortSignal) => Promise<Text>,
): Partial<TestHandlers & StreamHandlers> {
  return {
    change: (_request, { signal }) => act(signal),
    collect: (_requests, { signal }) => act(signal),
    async *list(_request, { signal }) {
      yield await act(signal);
    },
    async *chat(_requests, { signal }) {
      yield await act(signal);
    },
  };
}

/** A server on any transport that answers the first request with bytes, and closes. */
async function cuttingServer(transport: Transport, answer: (request: Frame) => Buffer) {
  const sockets = new Set<TransportSocket>();
  const listener = await transport.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    sockets.add(socket);
    const decoder = new FrameDecoder(
      {
        onFrame: (type, flags, id, bytes, start, end) => {
          if (type === FrameType.HELLO) socket.write(helloFrame({ capabilities: 1 }));
          if (type !== FrameType.REQUEST) return;
          socket.write(answer({ type, flags, id, body: bytes.subarray(start, end) }));
          socket.end();
        },
      },
      1_000_000,
    );
    socket.setHandler({
      onOpen() {},
      onData: (chunk) => decoder.push(chunk),
      onDrain() {},
      onClose() {},
    });
  });
  return {
    port: listener.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await listener.close();
    },
  };
}

function fails(
  promise: Promise<unknown>,
  code: StatusCode,
  sent = true,
  message = /./,
): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof RpcError, String(error));
    assert.equal(`${error.code} sent ${error.sent}`, `${code} sent ${sent}`, error.message);
    assert.match(error.message, message);
    return true;
  });
}

for (const [name, make] of Object.entries(transports)) {
  for (const kind of kinds) {
    describe(`${kind} over ${name}`, () => {
      leaveNothingOpen();
      const cell = (outcome: (typeof outcomes)[number], run: () => Promise<void>): void => {
        test(outcome, async () => {
          await run();
          ran.add(`${kind} over ${name}: ${outcome}`);
        });
      };

      cell('success', async () => {
        const options = make();
        await using provider = await startProvider({}, options);
        await using peer = connect([provider.port], options);
        assert.equal(await call(peer.client, kind), HELLO);
        const many = await Promise.all(Array.from({ length: 50 }, () => call(peer.client, kind)));
        assert.ok(many.every((text) => text === HELLO));
        assert.equal(provider.inFlight, 0);
      });

      cell('error', async () => {
        const options = make();
        const refuse = async (): Promise<never> => {
          throw new RpcError('NOT_FOUND', 'no', { details: Buffer.from('why') });
        };
        await using provider = await startProvider(handlers(refuse), options);
        await using peer = connect([provider.port], options);
        await assert.rejects(call(peer.client, kind), (error: RpcError) => {
          assert.equal(error.code, 'NOT_FOUND');
          assert.equal(Buffer.from(error.details ?? []).toString(), 'why');
          return true;
        });
      });

      /** A server whose handlers hang, and what tells them to stop. */
      const hanging = async (options: Options) => {
        const signals: AbortSignal[] = [];
        const hang = (signal: AbortSignal): Promise<never> => {
          signals.push(signal);
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        };
        return { provider: await startProvider(handlers(hang), options), signals };
      };

      cell('deadline', async () => {
        const options = make();
        const { provider, signals } = await hanging(options);
        await using _provider = provider;
        await using peer = connect([provider.port], options);
        await peer.client.read({});
        await fails(call(peer.client, kind, { deadlineMs: 50 }), 'DEADLINE_EXCEEDED');
        await waitFor(() => signals.length === 1 && signals[0]?.aborted === true);
        await waitFor(() => provider.inFlight === 0);
      });

      cell('cancel', async () => {
        const options = make();
        const { provider, signals } = await hanging(options);
        await using _provider = provider;
        await using peer = connect([provider.port], options);
        const controller = new AbortController();
        const cancelled = call(peer.client, kind, { signal: controller.signal });
        const failed = fails(cancelled, 'CANCELLED');
        await waitFor(() => signals.length === 1);
        controller.abort();
        await failed;
        await waitFor(() => signals[0]?.aborted === true);
        assert.equal(provider.inFlight, 0);
      });

      cell('the server dies', async () => {
        const options = make();
        let calls = 0;
        const hang = (): Promise<never> => {
          calls++;
          return new Promise(() => {});
        };
        await using provider = await startProvider(handlers(hang), options);
        await using peer = connect([provider.port], options);
        const failed = fails(call(peer.client, kind), 'UNAVAILABLE');
        await waitFor(() => calls === 1);
        await provider.close();
        await failed;
        await fails(call(peer.client, kind), 'UNAVAILABLE', false);
      });

      cell('a cut in the middle of a frame', async () => {
        const options = make();
        await using server = await cuttingServer(options.transport, ({ id }) => {
          const streams = kind === 'server streaming' || kind === 'bidirectional';
          const type = streams ? FrameType.DATA : FrameType.RESPONSE;
          const flags = streams ? 0 : FrameFlag.END;
          return frame(type, flags, id, Buffer.from('{"text":"x"}')).subarray(0, -3);
        });
        await using peer = connect([server.port], options);
        await fails(call(peer.client, kind), 'UNAVAILABLE', true, /in the middle of a frame/);
      });

      // A call under way is finished, the next one goes elsewhere.
      cell('drain', async () => {
        const options = make();
        const finish = Promise.withResolvers<Text>();
        let calls = 0;
        const wait = (): Promise<Text> => {
          calls++;
          return finish.promise;
        };
        await using leaving = await startProvider(handlers(wait), options);
        await using other = await startProvider({}, options);
        await using peer = connect([leaving.port, other.port], {
          ...options,
          balancer: { pick: ([first]) => first as never },
        });
        const covered = call(peer.client, kind);
        await waitFor(() => calls === 1);
        const drained = leaving.drain();
        assert.equal(await call(peer.client, kind), HELLO);
        finish.resolve({ text: 'finished' });
        assert.equal(await covered, 'finished');
        await drained;
      });
    });
  }
}

after(() => {
  const cells = Object.keys(transports).flatMap((name) =>
    kinds.flatMap((kind) => outcomes.map((outcome) => `${kind} over ${name}: ${outcome}`)),
  );
  assert.deepEqual(
    cells.filter((cell) => !ran.has(cell)),
    [],
    'every cell was run',
  );
  assert.equal(cells.length, 4 * 4 * 7);
});

test('the leak check sees what is open', async () => {
  for (const [name, make] of Object.entries(transports)) {
    if (name === 'in-memory') continue;
    // What was closed before takes a moment to go.
    await waitFor(() => !openResources().has('TCPServerWrap'));
    const before = openResources();
    const options = make();
    await using provider = await startProvider({}, options);
    await using peer = connect([provider.port], options);
    await peer.client.read({});
    const more = [...openResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
    const kinds = more.map(([kind]) => kind).join(' ');
    assert.match(kinds, /TCPServerWrap/, name);
    assert.match(kinds, /TCPSocketWrap|TLSWrap/, name);
    assert.match(kinds, /Timeout/, name);
  }
});
