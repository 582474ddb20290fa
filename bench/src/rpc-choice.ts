import {
  type Balancer,
  type Candidate,
  HashRing,
  type Instance,
  P2cBalancer,
  RoundRobinBalancer,
  rendezvous,
  StaticResolver,
  slowStart,
  WeightedRandomBalancer,
  ZoneAwareBalancer,
} from '@mpim/mprpc';
import { type Bar, type Bench, type BenchSettings, median, type Row, selected } from './bench.ts';

/** Numbers of instances. */
const SIZES = [1, 4, 16, 64, 250, 1000] as const;
const KEYS = 4096;
const CHOICE = 'choice';
const BUILD = 'new list';
/** What a choice may cost of one among few. */
const CHOICE_LIMIT = 2;
/** Below, lists have short cuts of their own. */
const FEW = 4;
/** What a new list may cost for each instance, us. */
const LIST_LIMIT_US = 10;

/** Ways to choose an instance, each made for one list. */
interface Case {
  readonly name: string;
  readonly weights?: (index: number) => number;
  readonly choice: (candidates: readonly Candidate[]) => () => unknown;
}

const mixed = (index: number): number => [50, 100, 200, 400][index % 4] ?? 100;

const CASES: readonly Case[] = [
  { name: 'round robin', choice: by(() => new RoundRobinBalancer()) },
  { name: 'weighted random', weights: mixed, choice: by(() => new WeightedRandomBalancer()) },
  { name: 'P2C', choice: by(() => new P2cBalancer()) },
  { name: 'P2C with weights', weights: mixed, choice: by(() => new P2cBalancer()) },
  { name: 'P2C with slow start', choice: by(() => new P2cBalancer(Math.random, slowStart())) },
  {
    name: 'zone aware',
    choice: by(() => new ZoneAwareBalancer({ zone: 'a', inner: new P2cBalancer() })),
  },
  { name: 'hash of a key', choice: byKey },
  { name: 'hash of a key, with weights', weights: mixed, choice: byKey },
  // Linear, and known to be: for the few shards whose owner two kinds of services work out by themselves.
  { name: 'rendezvous', choice: byRendezvous },
];
const LINEAR = 'rendezvous';

function by(make: () => Balancer): Case['choice'] {
  return (candidates) => {
    const balancer = make();
    return () => balancer.pick(candidates);
  };
}

const keys = Array.from({ length: KEYS }, (_, index) => `user-${index}`);

function byKey(candidates: readonly Candidate[]): () => unknown {
  const ring = new HashRing(candidates.map(({ instance }) => instance));
  let next = 0;
  return () => ring.ownerOf(keys[next++ % KEYS] as string);
}

function byRendezvous(candidates: readonly Candidate[]): () => unknown {
  const ids = candidates.map(({ instance }) => instance.id);
  let next = 0;
  return () => rendezvous(keys[next++ % KEYS] as string, ids);
}

/** What choosing an instance costs as their number grows, and what it costs that the list is a new one. */
export const rpcChoiceBench: Bench = {
  name: 'rpc-choice',
  description: 'mprpc: the cost of choosing one of 1 to 1000 instances, by every policy',
  async run(settings) {
    const sizes = SIZES.filter((size, nth) => nth < 2 || size <= 1000 * settings.scale);
    return selected(CASES, settings).flatMap((each) =>
      sizes.flatMap((size) => measured(each, size, settings)),
    );
  },
  bars,
};

function measured(
  { name, weights, choice }: Case,
  size: number,
  { rounds, roundMs, progress }: BenchSettings,
): Row[] {
  progress(`${name}, ${size}`);
  const instances = instancesOf(size, weights);
  const candidates = (): Candidate[] =>
    instances.map((instance, index) => ({ instance, inFlight: index % 5 }));
  const choose = choice(candidates());
  const ofChoice: number[] = [];
  const ofList: number[] = [];
  // Round 0 warms up.
  for (let round = 0; round <= rounds; round++) {
    const chosen = time(choose, 256, roundMs / 16);
    const fresh = time(() => choice(candidates())(), 1, roundMs / 16);
    if (round === 0) continue;
    ofChoice.push(chosen);
    ofList.push(fresh);
  }
  const row = { case: name, subject: String(size), unit: 'ns' };
  return [
    { ...row, metric: CHOICE, value: median(ofChoice) },
    { ...row, metric: BUILD, value: median(ofList) },
  ];
}

function instancesOf(size: number, weights: Case['weights']): readonly Instance[] {
  const startedAt = Date.now() - 10_000;
  return new StaticResolver(
    Array.from({ length: size }, (_, index) => ({
      id: `10.0.${index >> 8}.${index & 255}:9000`,
      host: `10.0.${index >> 8}.${index & 255}`,
      port: 9000,
      zone: 'abc'[index % 3] ?? 'a',
      weight: weights?.(index) ?? 100,
      startedAt,
    })),
  ).resolve('Any');
}

/** Ns each. */
function time(once: () => unknown, batch: number, ms: number): number {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < ms || count === 0) {
    for (let index = 0; index < batch; index++) once();
    count += batch;
  }
  return ((performance.now() - start) * 1e6) / count;
}

/** A choice costs the same however many there are to choose from; a new list costs by its length, and little. */
function bars(rows: readonly Row[]): Bar[] {
  return CASES.flatMap(({ name }) => {
    const of = (metric: string): Row[] =>
      rows.filter(
        (row) => row.case === name && row.metric === metric && Number(row.subject) >= FEW,
      );
    const [few] = of(CHOICE);
    const many = of(CHOICE).at(-1);
    const list = of(BUILD).at(-1);
    if (few === undefined || many === undefined || list === undefined || name === LINEAR) return [];
    const each = list.value / Number(list.subject) / 1000;
    return [
      atMost(
        `${name}: one of ${many.subject}, of one of ${FEW}`,
        many.value / few.value,
        CHOICE_LIMIT,
        'x',
      ),
      atMost(`${name}: a new list of ${list.subject}, for each`, each, LIST_LIMIT_US, 'us'),
    ];
  });
}

function atMost(name: string, value: number, limit: number, unit: string): Bar {
  return { name, value, bound: 'at most', limit, unit, isMet: value <= limit };
}
