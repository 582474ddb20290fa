import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { missingDebianPackage, temporaryFolder, waitFor } from '@mpim/testkit';
import { Chat, type ChatEvent } from './chat.ts';
import { System } from './system.ts';
import { zkCli } from './zkcli.ts';

const noZkCli = await missingDebianPackage('zookeeper');
const DIRECT = 'dm:alice:bob';

/** Every acknowledged message exactly once, in order, on both sides. */
function assertSame(alice: Chat, bob: Chat, conversationId: string, count: number): void {
  const [hers, his] = [alice, bob].map((chat) => chat.timeline(conversationId));
  assert.ok(hers && his);
  for (const side of [hers, his]) {
    assert.deepEqual(
      side.map((event) => event.seq),
      Array.from({ length: count }, (_, index) => index + 1),
      'gapless, in order, once',
    );
  }
  assert.deepEqual(
    hers.map((event) => event.clientMsgId),
    his.map((event) => event.clientMsgId),
  );
  for (const [index, event] of hers.entries()) {
    const other: ChatEvent | undefined = his[index];
    assert.notEqual(event.type, other?.type, 'sent on one side, message on the other');
    const sender: ChatEvent | undefined = event.type === 'message' ? event : other;
    const reader = event.type === 'message' ? alice : bob;
    assert.equal(sender?.from, reader === alice ? 'bob' : 'alice');
    assert.equal(typeof event.serverTime, 'number');
  }
}

/** The texts one side received are those the other typed, in the order typed. */
function assertTexts(reader: Chat, conversationId: string, expected: string[]): void {
  const texts = reader
    .timeline(conversationId)
    .flatMap((event) => (event.type === 'message' ? [event.text] : []));
  assert.deepEqual(texts, expected);
}

test('two people chat while services die, and nothing that was acknowledged is lost', async (t) => {
  await using folder = await temporaryFolder();
  await using system = await System.start(`${folder.path}/data`);
  await using alice = await Chat.start(system.gateway, 'alice');
  await using bob = await Chat.start(system.gateway, 'bob');
  const typed = { alice: [] as string[], bob: [] as string[] };
  const typedToGroup = { alice: [] as string[], bob: [] as string[] };

  const created = await alice.ask('/group create tea', (event) => event.type === 'group');
  const groupId = created.groupId ?? '';
  const group = created.conversationId ?? '';
  const joined = await bob.ask(`/group join ${groupId}`, (event) => event.type === 'group');
  assert.equal(joined.conversationId, group);

  /** Both type to each other and to the group, `rounds` times, about 40 ms apart. */
  async function talk(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const say = (chat: Chat, to: string, name: 'alice' | 'bob') => {
        const text = `${name} ${typed[name].length + 1} 你好`;
        typed[name].push(text);
        chat.type(`/msg ${to} ${text}`);
        const toGroup = `${name} to all ${typedToGroup[name].length + 1}`;
        typedToGroup[name].push(toGroup);
        chat.type(`/group msg ${groupId} ${toGroup}`);
      };
      say(alice, 'bob', 'alice');
      say(bob, 'alice', 'bob');
      await delay(40);
    }
  }

  async function settled(): Promise<void> {
    const direct = typed.alice.length + typed.bob.length;
    const toGroup = typedToGroup.alice.length + typedToGroup.bob.length;
    for (const chat of [alice, bob]) {
      await waitFor(
        () => chat.timeline(DIRECT).length >= direct && chat.timeline(group).length >= toGroup,
        {
          timeoutMs: 60_000,
          intervalMs: 100,
          what: `${chat.user} to have ${direct} direct and ${toGroup} group messages`,
        },
      );
    }
    assertSame(alice, bob, DIRECT, direct);
    assertSame(alice, bob, group, toGroup);
    assertTexts(alice, DIRECT, typed.bob);
    assertTexts(bob, DIRECT, typed.alice);
    assertTexts(alice, group, typedToGroup.bob);
    assertTexts(bob, group, typedToGroup.alice);
  }

  await t.test('1:1 and group, both ways', async () => {
    await talk(10);
    await settled();
  });

  for (const service of ['message', 'user', 'presence', 'group', 'gateway', 'zookeeper']) {
    await t.test(`${service} is killed while messages flow`, async () => {
      const before = alice.timeline(DIRECT).length;
      const talking = talk(60);
      await waitFor(() => alice.timeline(DIRECT).length > before + 5, { what: 'messages to flow' });
      await system.killService(service);
      await talking;
      await settled();
    });
  }

  await t.test('a user signs up with the user service that was started again', async () => {
    await using carol = await Chat.start(system.gateway, 'carol');
    assert.equal(await carol.quit(), 0);
  });

  await t.test("Apache's zkCli reads the registry", { skip: noZkCli }, async () => {
    for (const service of [
      'UserServiceRpc',
      'PresenceServiceRpc',
      'MessageServiceRpc',
      'GroupServiceRpc',
      'GatewayServiceRpc',
    ]) {
      await waitFor(
        async () => {
          const listed = await zkCli(system.zookeeperPort, 'ls', `/services/${service}`);
          return /^\[[^,\]]+\]$/m.test(listed);
        },
        {
          timeoutMs: 60_000,
          what: `one live instance of ${service}: the dead one goes with its session`,
        },
      );
    }
    const address = await zkCli(system.zookeeperPort, 'get', '/UserServiceRpc/Login');
    assert.match(address, /^127\.0\.0\.1:\d+$/m);
    const [instance = ''] =
      /(?<=\[)[^\]]+/.exec(await zkCli(system.zookeeperPort, 'ls', '/services/UserServiceRpc')) ??
      [];
    const record = JSON.parse(
      await zkCli(system.zookeeperPort, 'get', `/services/UserServiceRpc/${instance}`),
    );
    assert.equal(`${record.host}:${record.port}`, address);
    assert.equal(record.id, instance);
    assert.ok(record.methods.includes('Login'));
  });

  await t.test(
    'everything is there after a full restart, and the open terminals go on',
    async () => {
      await system.interrupt();
      assert.match(system.output, /Stopped\.$/m);
      await system.startAgain();
      await talk(10);
      await settled();
      await using bobAgain = await Chat.start(system.gateway, 'bob');
      const all: NonNullable<ChatEvent['messages']> = [];
      for (const conversation of [DIRECT, group]) {
        const page = await bobAgain.ask(
          `/history ${conversation} 200`,
          (event) => event.type === 'history',
        );
        all.push(...(page.messages ?? []));
        const tail = bob.timeline(conversation).slice(-(page.messages?.length ?? 0));
        assert.deepEqual(
          page.messages?.map((one) => one.clientMsgId),
          tail.map((one) => one.clientMsgId),
        );
      }
      assert.ok(all.length > 200);
      assert.equal(
        bobAgain.events.filter((event) => event.type === 'message').length,
        0,
        'nothing is new to him',
      );
    },
  );

  await t.test('they quit', async () => {
    assert.equal(await alice.quit(), 0);
    assert.equal(await bob.quit(), 0);
    const errors = [...alice.events, ...bob.events].filter((event) => event.type === 'error');
    assert.deepEqual(errors, []);
  });
});
