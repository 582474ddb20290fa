import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDetails, encodeDetails, RpcError } from '../src/index.ts';
import { connect, startProvider, text } from './support/test-service.ts';

test('details are a message again at the other end; anything else is none', async () => {
  await using provider = await startProvider({
    change: () => {
      const details = encodeDetails(text, { text: 'größer' });
      throw new RpcError('OUT_OF_RANGE', 'too small', { reason: 'SIZE', details });
    },
  });
  await using peer = connect([provider.port]);
  const error: unknown = await peer.client.change({}).catch((reason: unknown) => reason);
  assert.deepEqual(decodeDetails(text, error, 'SIZE'), { text: 'größer' });
  assert.equal(decodeDetails(text, error, 'OTHER'), undefined);
  assert.equal(decodeDetails(text, new Error('SIZE'), 'SIZE'), undefined);
  const garbled = new RpcError('ABORTED', '', { reason: 'SIZE', details: Buffer.from('{') });
  assert.equal(decodeDetails(text, garbled, 'SIZE'), undefined);
  assert.equal(
    decodeDetails(text, new RpcError('ABORTED', '', { reason: 'SIZE' }), 'SIZE'),
    undefined,
  );
});
