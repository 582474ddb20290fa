import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { MemoryTransport, RpcError, tcpTransport } from '../../src/index.ts';
import { choppedTransport } from '../support/chopped-transport.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import { connect, startProvider } from '../support/test-service.ts';

const secret = 'a secret of the tests, long enough';
const long = 'again and again '.repeat(200);

/** A conversation with everything in it: authentication, metadata, all kinds of calls, errors, compression, drain. */
async function converse(inner: typeof tcpTransport, nextSize: () => number): Promise<void> {
  const transport = choppedTransport(inner, nextSize);
  const compression = { thresholdBytes: 500 };
  await using provider = await startProvider(
    {
      read: ({ text }, { metadata }) => {
        if (text === 'fail') throw new RpcError('ABORTED', 'no', { details: Buffer.from('why') });
        return { text: `${text} ${metadata.who}` };
      },
    },
    { transport, compression, authentication: { secrets: [secret] } },
  );
  await using peer = connect([provider.port], {
    transport,
    compression,
    authentication: { secret },
  });
  const { client } = peer;
  const metadata = { who: 'Zoë' };
  assert.equal((await client.read({ text: 'hello' }, { metadata })).text, 'hello Zoë');
  assert.equal((await client.change({ text: long })).text, long);
  await assert.rejects(client.read({ text: 'fail' }), { code: 'ABORTED', message: 'no' });
  assert.equal((await client.collect([{ text: 'a' }, { text: long }])).text, `a ${long}`);
  const words = await Array.fromAsync(client.list({ text: 'one two three' }));
  assert.deepEqual(
    words.map(({ text }) => text),
    ['one', 'two', 'three'],
  );
  const chat = await Array.fromAsync(client.chat([{ text: long }, { text: 'b' }]));
  assert.equal(chat.length, 2);
  await provider.drain();
}

describe('frames split anywhere', () => {
  leaveNothingOpen();

  test('at every byte, in memory and over TCP', async () => {
    await converse(new MemoryTransport(), () => 1);
    await converse(tcpTransport, () => 1);
  });

  test('after each first so many bytes', async () => {
    for (let size = 2; size <= 64; size++) await converse(new MemoryTransport(), () => size);
  });

  test('at random', async () => {
    for (let round = 0; round < 50; round++) {
      await converse(new MemoryTransport(), () => randomInt(1, 1 + 2 ** (round % 12)));
    }
  });
});
