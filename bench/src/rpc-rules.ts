import { type Bar, type Bench, median, type Row, selected } from './bench.ts';
import { RULE_NAMES, ruleKind } from './rpc/mprpc-rules.ts';
import { type RoundResult, startSubject } from './rpc/subject-processes.ts';

const CASE = '100 B, 128 in flight';
const BARE = 'bare';
const COST = 'CPU of both sides';
const MORE = `${COST}, more than ${BARE}`;
/** What a rule given as an option may add to a call, of the cost of one without it. */
const OPTION_LIMIT = 0.25;

/** What each rule and interceptor adds to the cost of a call: each runs in processes of its own, in turns. */
export const rpcRulesBench: Bench = {
  name: 'rpc-rules',
  description: 'mprpc: what interceptors, metrics, circuit breaker, limits and load shedding add',
  async run(settings) {
    const { rounds, roundMs: ms, progress } = settings;
    const names = [
      BARE,
      ...selected(
        RULE_NAMES.map((name) => ({ name })),
        settings,
      )
        .map(({ name }) => name)
        .filter((name) => name !== BARE),
    ];
    await using running = new AsyncDisposableStack();
    const results = new Map<string, RoundResult[]>();
    const subjects = [];
    for (const name of names) {
      subjects.push(running.use(await startSubject(name, ruleKind(name), undefined)));
      results.set(name, []);
    }
    const request = { call: 'echo', payloadBytes: 100, messages: 1, inFlight: 128, ms } as const;
    // Round 0 warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const subject of subjects) {
        progress(`${subject.name}: round ${round} of ${rounds}`);
        const result = await subject.round(request);
        if (result.client.failure !== undefined) throw new Error(result.client.failure);
        if (round > 0) results.get(subject.name)?.push(result);
      }
    }
    return [...results].flatMap(([name, of]) => rows(name, of, results.get(BARE) ?? []));
  },
  bars,
};

function rows(name: string, results: readonly RoundResult[], bare: readonly RoundResult[]): Row[] {
  const row = { case: CASE, subject: name };
  const both = cost(results);
  return [
    {
      ...row,
      metric: 'throughput',
      value: median(results.map(({ client }) => (client.calls * 1000) / client.elapsedMs)),
      unit: 'calls/s',
    },
    { ...row, metric: COST, value: both, unit: 'us/call' },
    { ...row, metric: MORE, value: both - cost(bare), unit: 'us/call' },
  ];
}

function cost(results: readonly RoundResult[]): number {
  return median(results.map(({ client, server }) => (client.cpuUs + server.cpuUs) / client.calls));
}

/** Rules given as options, which have names without parentheses, are to be cheap. */
function bars(all: readonly Row[]): Bar[] {
  const bare = all.find(({ subject, metric }) => subject === BARE && metric === COST)?.value;
  if (bare === undefined) return [];
  return all
    .filter(({ subject, metric }) => metric === MORE && /^\w+$/.test(subject) && subject !== BARE)
    .map(({ subject, value: more }) => {
      const value = more / bare;
      const name = `${subject} adds to a call, of the cost of one`;
      return {
        name,
        value,
        bound: 'at most',
        limit: OPTION_LIMIT,
        unit: 'x',
        isMet: value <= OPTION_LIMIT,
      };
    });
}
