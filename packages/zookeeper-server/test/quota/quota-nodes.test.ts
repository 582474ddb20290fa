import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import { type MultiOperation, ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const missing = await missingDebianPackage('zookeeper');

const QUOTA = '/zookeeper/quota/q';
const LIMITS = `${QUOTA}/zookeeper_limits`;
const USAGE = `${QUOTA}/zookeeper_stats`;
const WIDE = 'count=-1,bytes=-1,countHardLimit=100,byteHardLimit=500';
const STRICT = 'count=2,bytes=10,countHardLimit=3,byteHardLimit=20';

const create = (path: string, data: string | null = null): MultiOperation => {
  return { type: 'create', path, data };
};
const set = (path: string, data: string): MultiOperation => ({ type: 'set', path, data });
const remove = (path: string): MultiOperation => ({ type: 'delete', path });

/** One request after the other; what is a list goes in one multi. */
const SCRIPT: readonly (MultiOperation | readonly MultiOperation[])[] = [
  create('/q', 'four'),
  create(QUOTA),
  create(LIMITS, STRICT),
  create(USAGE, 'count=0,bytes=0'),
  // Up to the soft limit, over it, up to the hard one, and against it.
  create('/q/1', '12345'),
  create('/q/2', '123'),
  create('/q/3', null),
  set('/q/2', '123456789012'),
  set('/q/2', '12345678901'),
  [create('/q/3'), remove('/q/2')],
  [remove('/q/2'), create('/q/3')],
  [set('/q/1', '1'), set('/q/1', '1234567890123456789')],
  // Limits that go, without their statistics: nothing is counted and nothing refused.
  remove(LIMITS),
  create('/q/4', 'four'),
  create('/q/5', null),
  remove('/q/1'),
  // They come back, and go on from what was counted then.
  create(LIMITS, STRICT),
  create('/q/6', '1'),
  remove('/q/4'),
  // New statistics count afresh.
  remove(USAGE),
  create('/q/7', '1'),
  create(USAGE, 'count=77,bytes=77'),
  create('/q/8', '1'),
  // Limits that change.
  set(LIMITS, 'count=-1,bytes=-1,countHardLimit=100,byteHardLimit=100'),
  create('/q/9', 'more than twenty bytes of data'),
  // All of it in one multi, in every order.
  [remove(LIMITS), remove(USAGE)],
  [create(LIMITS, STRICT), create(USAGE, ''), create('/q/11', '1')],
  [remove('/q/11'), remove(USAGE), remove(LIMITS)],
  [create(USAGE, ''), create(LIMITS, STRICT)],
  [remove(LIMITS), create('/q/12', '12345678901234567890')],
  [create(LIMITS, STRICT), create('/q/13', '12345678901234567890'), create('/q/14')],
  remove(LIMITS),
  [create(LIMITS, STRICT), create('/q/13', '12345678901234567890'), create('/q/14')],
  set(LIMITS, 'count=-1,bytes=-1,countHardLimit=9,byteHardLimit=-1'),
  [create('/q/18'), create('/q/19'), create('/q/20')],
  [remove('/q/13'), remove('/q/14')],
  set(LIMITS, WIDE),
  [remove(LIMITS), create(LIMITS, 'count=-1,bytes=-1'), create('/q/15')],
  // A multi that fails leaves limits and counts as they were.
  [remove(LIMITS), remove(USAGE), remove('/absent')],
  create('/q/16', null),
  [set(LIMITS, STRICT), create('/q/17', '1'), remove('/absent')],
  create('/q/17', '1'),
  // Nested ones: the innermost counts.
  set(LIMITS, WIDE),
  create('/q/in', '12'),
  create(`${QUOTA}/in`),
  [
    create(`${QUOTA}/in/zookeeper_limits`, 'count=-1,bytes=-1,countHardLimit=2,byteHardLimit=-1'),
    create(`${QUOTA}/in/zookeeper_stats`, ''),
  ],
  create('/q/in/1', '12345'),
  create('/q/in/2', '12345'),
  remove(`${QUOTA}/in/zookeeper_limits`),
  create('/q/in/3', '12345'),
];

/** What a client is answered at each step, and what the statistics say then. */
async function play(connectString: string): Promise<string[]> {
  await using client = await ZooKeeperClient.connect({ connectString });
  const usage = async (path: string): Promise<string> => {
    if ((await client.exists(path)) === null) return 'none';
    return String((await client.get(path)).data);
  };
  const seen: string[] = [];
  for (const [i, step] of SCRIPT.entries()) {
    let answer = 'done';
    try {
      await client.multi('type' in step ? [step] : step);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      answer = error.code;
    }
    const figures = [await usage(USAGE), await usage(`${QUOTA}/in/zookeeper_stats`)];
    seen.push(`${i} ${JSON.stringify(step)}: ${answer}, ${figures.join(', inner ')}`);
  }
  return seen;
}

describe('limits that come, change, go and come back', { skip: missing ?? false }, () => {
  for (const enforceQuota of [true, false]) {
    test(`answers and counts are Apache ZooKeeper’s, ${enforceQuota ? 'enforced' : 'soft'}`, async () => {
      await using apache = await ApacheZooKeeper.start({ forceSync: 'no' }, [
        '-Xmx256m',
        `-Dzookeeper.enforceQuota=${enforceQuota}`,
      ]);
      await using ours = await ZooKeeperServer.start({ enforceQuota });
      const answers = await play(ours.connectString);
      assert.deepEqual(answers, await play(apache.connectString));
      assert.equal(
        answers.some((answer) => /QUOTA/.test(answer)),
        enforceQuota,
      );
    });
  }
});
