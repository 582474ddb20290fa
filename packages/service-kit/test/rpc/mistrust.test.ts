import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcChannel, RpcError, RpcProvider, StaticResolver } from '@mpim/mprpc';
import { mistrustIsUnavailable } from '../../src/rpc/mistrust.ts';
import { EchoServiceRpcDefinition } from '../support/echo-service.ts';

const SECRET = 'the-secret-of-this-house';

test('a service with another secret is unavailable; what a service says of a session stays', async () => {
  const noSession = () => {
    throw new RpcError('UNAUTHENTICATED', 'log in again', { reason: 'NO_SESSION' });
  };
  await using provider = new RpcProvider({ authentication: { secrets: [SECRET] } });
  provider.notifyService(EchoServiceRpcDefinition, { echo: noSession });
  const resolver = new StaticResolver([await provider.run()]);
  const cases = [
    { secret: SECRET, code: 'UNAUTHENTICATED', reason: 'NO_SESSION' },
    { secret: 'the-secret-of-another', code: 'UNAVAILABLE', reason: 'SERVICE_SECRET' },
  ];
  for (const { secret, code, reason } of cases) {
    await using channel = new RpcChannel({
      resolver,
      translateError: mistrustIsUnavailable,
      authentication: { secret },
    });
    await assert.rejects(channel.client(EchoServiceRpcDefinition).echo('hello'), { code, reason });
  }
});
