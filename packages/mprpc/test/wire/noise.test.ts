import { describe, test } from 'node:test';
import { noiseToClient, noiseToServer } from '../support/noise.ts';

// noise.long.test.ts has far more of it.
describe('noise', () => {
  test('a server outlives whatever a caller sends, and goes on serving the others', () =>
    noiseToServer(300));

  test('a client outlives whatever a server answers: each call ends, with an answer or an RpcError', () =>
    noiseToClient(150));
});
