import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@mpim/protocol';
import { waitFor } from '@mpim/testkit';
import fc from 'fast-check';
import { FakeGateway } from './support/fake-gateway.ts';
import { record } from './support/record.ts';

const CONVERSATIONS = ['dm:alice:bob', 'group:team', 'dm:alice:carol'] as const;

/** What happens to one push, or between two. */
const step = fc.record({
  conversation: fc.nat(CONVERSATIONS.length - 1),
  sender: fc.constantFrom('alice' as const, 'bob' as const, 'other-device' as const),
  fault: fc.constantFrom('none', 'drop', 'twice', 'late', 'cut', 'cut-before-ack'),
});

test('whatever is dropped, doubled, reordered or cut, events are 1..n in order, once each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      await using gateway = await FakeGateway.start(['alice']);
      gateway.store.ownIsRead = false;
      for (const id of CONVERSATIONS) gateway.store.open(id, ['alice', 'bob', 'carol']);
      const alice = record(gateway, 'alice', { syncIntervalMs: 100 });
      await using _client = alice.client;
      const late: (() => void)[] = [];
      let fault = 'none';
      gateway.onPush = (push: () => void, _message: Message) => {
        if (fault === 'late') late.push(push);
        else if (fault !== 'drop') push();
        if (fault === 'twice') push();
      };
      gateway.onRequest = (request, connection) => {
        if (request.$case !== 'send' || fault !== 'cut-before-ack') return undefined;
        fault = 'none';
        const { conversationId, clientMsgId, content } = request.value;
        gateway.store.append(conversationId, 'alice', clientMsgId, content?.text ?? '');
        connection.socket.terminate();
        return 'drop';
      };
      const sends: Promise<Message>[] = [];
      const started = alice.client.start();
      for (const [n, { conversation, sender, fault: next }] of steps.entries()) {
        fault = next;
        const id = CONVERSATIONS[conversation] ?? CONVERSATIONS[0];
        if (sender === 'alice') sends.push(alice.client.send(id, `s${n}`));
        else gateway.post(id, sender === 'bob' ? 'bob' : 'alice', `p${n}`);
        if (fault === 'cut') gateway.cut();
        if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (late.length > 2) for (const push of late.splice(0).reverse()) push();
      }
      await started;
      await Promise.all(sends);
      for (const push of late.splice(0).reverse()) push();
      const total = () =>
        CONVERSATIONS.reduce(
          (sum, id) => sum + (gateway.store.conversations.get(id)?.messages.length ?? 0),
          0,
        );
      await waitFor(() => alice.events.length >= total(), { timeoutMs: 3000 });
      for (const id of CONVERSATIONS) {
        const stored = gateway.store.conversations.get(id)?.messages ?? [];
        const seen = alice.events.filter((event) => event.startsWith(`${id}/`));
        const ofThisClient = (text: string) => text.startsWith('s');
        assert.deepEqual(
          seen,
          stored.map(({ seq, content }) => {
            const text = content?.text ?? '';
            return `${id}/${seq}:${text}${ofThisClient(text) ? '!' : ''}`;
          }),
        );
        const sent = stored.flatMap(({ content }) => {
          const text = content?.text ?? '';
          return ofThisClient(text) ? [Number(text.slice(1))] : [];
        });
        assert.deepEqual(
          sent,
          [...sent].sort((a, b) => a - b),
        );
      }
      assert.deepEqual(alice.errors, []);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
