import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { ApacheZooKeeper, shrink } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { dumpTree, SUPER_DIGEST } from './dump-tree.ts';
import { burstsOf, describeStep, drawScript, type Script, type ScriptStep } from './script.ts';
import { ScriptSubject } from './script-subject.ts';

/** Where two servers part. */
interface Difference {
  /** Steps up to and including the burst that showed it. */
  readonly steps: number;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** No look at containers or nodes with a time to live while scripts run: it would come at other moments. */
const NEVER_MS = 2_000_000_000;

/**
 * Apache ZooKeeper and our server side by side. Both get the same scripts, each below a node of its own, and
 * must give the same replies, Stats, errors and events.
 */
export class Comparison implements AsyncDisposable {
  /** Requests whose replies were compared. */
  compared = 0;
  readonly #apache: ApacheZooKeeper;
  readonly #ours: ZooKeeperServer;
  #runs = 0;

  private constructor(apache: ApacheZooKeeper, ours: ZooKeeperServer) {
    this.#apache = apache;
    this.#ours = ours;
  }

  static async start(): Promise<Comparison> {
    const settings = { forceSync: 'no', tickTime: 100, maxSessionTimeout: 60_000 };
    const java = [`-Dznode.container.checkIntervalMs=${NEVER_MS}`];
    const apache = await ApacheZooKeeper.start({ ...settings, enforceQuota: true }, [
      '-Xmx512m',
      ...java,
    ]);
    const ours = await ZooKeeperServer.start({
      extendedTypes: true,
      enforceQuota: true,
      superDigest: SUPER_DIGEST,
      tickTimeMs: 100,
      maxSessionTimeoutMs: 60_000,
      containerCheckIntervalMs: NEVER_MS,
    });
    return new Comparison(apache, ours);
  }

  /** Draws a script and compares. On a difference the script is shortened and printed with both outcomes. */
  async script(seed: number, length: number): Promise<void> {
    const script = drawScript(seed, length);
    const difference = await this.#run(script);
    if (difference === null) return;
    const steps = script.steps.slice(0, difference.steps);
    const differs = async (some: readonly ScriptStep[]): Promise<boolean> =>
      (await this.#run({ ...script, steps: some })) !== null;
    // What the first run has left behind at the root may be part of it; then there is no shorter script.
    const shortest = (await differs(steps)) ? await shrink(steps, differs) : steps;
    const short = { ...script, steps: shortest };
    const last = (await this.#run(short)) ?? difference;
    const lines = shortest.map((step) => describeStep(step, script)).join('\n');
    assert.deepEqual(last.actual, last.expected, `script ${seed}, shortened:\n${lines}\n`);
  }

  async #run(script: Script): Promise<Difference | null> {
    const root = `/s${++this.#runs}`;
    using expected = await ScriptSubject.begin(this.#apache.port, script, root);
    using actual = await ScriptSubject.begin(this.#ours.port, script, root);
    let difference: Difference | null = null;
    try {
      difference = await this.#follow(script, expected, actual);
    } finally {
      // A session left behind would expire in the middle of a later script.
      await Promise.all([expected.end(), actual.end()]);
    }
    if (difference !== null) return difference;
    const left = [this.#apache.port, this.#ours.port].map((port) => dumpTree(port, root));
    const [theirs, ours] = (await Promise.all(left)).map((tree) => Object.keys(tree).sort());
    const steps = script.steps.length;
    return isDeepStrictEqual(theirs, ours) ? null : { steps, expected: theirs, actual: ours };
  }

  async #follow(
    script: Script,
    expected: ScriptSubject,
    actual: ScriptSubject,
  ): Promise<Difference | null> {
    let steps = 0;
    for (const burst of burstsOf(script)) {
      steps += burst.length;
      const [theirs, ours] = await Promise.all([expected.run(burst), actual.run(burst)]);
      this.compared += burst.length;
      if (!isDeepStrictEqual(theirs, ours)) return { steps, expected: theirs, actual: ours };
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ours.stop();
    await this.#apache.stop();
  }
}
