import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingDebianPackage, startChild } from '@mpim/testkit';
import { RpcError } from '../../src/index.ts';
import { startProvider } from '../support/test-service.ts';

const skip = (await missingDebianPackage('python3-minimal')) ?? false;
const script = join(import.meta.dirname, '../support/mprpc_client.py');
const secret = 'a secret of the tests, long enough';

/** The client written in Python from docs/mprpc-wire.md alone; one order, one answer. */
function startPython() {
  const child = startChild('python3', [script]);
  let answered = 0;
  return {
    async ask(order: object): Promise<unknown> {
      child.writeLine(JSON.stringify(order));
      return JSON.parse(await child.waitForLine(/^\{/, 20_000, answered++));
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

const CHANGE = '/test.v1.TestRpc/Change';
const LIST = '/test.v1.StreamRpc/List';

test('the wire page is enough to write a client in another language', { skip }, async () => {
  await using provider = await startProvider(
    {
      change: ({ text }, { metadata, deadline, identity }) => {
        if (text === 'fail') {
          throw new RpcError('NOT_FOUND', 'nothing here', {
            reason: 'NOTHING',
            details: Buffer.from('why'),
          });
        }
        if (text === 'wait') return new Promise(() => {});
        const left = deadline === Infinity ? 'for ever' : deadline - Date.now() <= 5000;
        return { text: `${text} ${identity.kind} ${metadata.who} ${left}` };
      },
      *list({ text }) {
        for (let i = 0; i < 2000; i++) yield { text: `${text} ${i} ${'.'.repeat(1100)}` };
      },
    },
    { authentication: { secrets: [secret] }, compression: {} },
  );
  const { port } = provider;
  await using python = startPython();

  assert.deepEqual(await python.ask({ connect: { port, secret } }), { capabilities: 1 });
  const request = { text: 'hello' };
  const metadata = { who: 'Zoë' };
  assert.deepEqual(await python.ask({ path: CHANGE, request, metadata, timeout_ms: 5000 }), {
    responses: [{ text: 'hello shared-secret Zoë true' }],
    compressed: 0,
  });
  assert.deepEqual(await python.ask({ path: CHANGE, request }), {
    responses: [{ text: 'hello shared-secret undefined for ever' }],
    compressed: 0,
  });
  assert.deepEqual(await python.ask({ path: CHANGE, request: { text: 'fail' } }), {
    status: {
      code: 5,
      message: 'nothing here',
      reason: 'NOTHING',
      details: 'why',
      retryable: false,
      notProcessed: false,
    },
    responses: [],
  });
  const late = await python.ask({ path: CHANGE, request: { text: 'wait' }, timeout_ms: 50 });
  assert.equal((late as { status: { code: number } }).status.code, 4);
  const unknown = await python.ask({ path: '/test.v1.TestRpc/Sing', request });
  assert.equal((unknown as { status: { code: number } }).status.code, 12);

  // Two megabytes, many windows: without its WINDOW frames the stream would stop.
  const stream = (await python.ask({ path: LIST, request })) as { responses: { text: string }[] };
  assert.equal(stream.responses.length, 2000);
  assert.match(stream.responses[1999]?.text ?? '', /^hello 1999 \.+$/);

  // The same with compression, both ways.
  assert.deepEqual(await python.ask({ connect: { port, secret, compress: true } }), {
    capabilities: 3,
  });
  const long = 'again '.repeat(2000);
  assert.deepEqual(await python.ask({ path: CHANGE, request: { text: long }, metadata }), {
    responses: [{ text: `${long} shared-secret Zoë for ever` }],
    compressed: 1,
  });
  assert.equal(provider.compression?.received, 1);
  const packed = (await python.ask({ path: LIST, request })) as { compressed: number };
  assert.equal(packed.compressed, 2000);

  const wrong = await python.ask({ connect: { port, secret: `not ${secret}` } });
  assert.match((wrong as { failed: string }).failed, /^GOAWAY 4: .*secret/);
  const silent = await python.ask({ connect: { port } });
  assert.deepEqual(silent, { capabilities: 1 });
  const refused = await python.ask({ path: CHANGE, request });
  assert.match((refused as { failed: string }).failed, /GOAWAY 4|closed|reset|[Pp]ipe/);
});
