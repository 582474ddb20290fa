/** One call of a concurrent history. */
export interface HistoryCall<Op> {
  readonly client: string;
  readonly op: Op;
  /**
   * What came back, in words; two results are the same if the words are. Undefined if nothing did: the call may have
   * been applied, then or at any later time, or never.
   */
  readonly result: string | undefined;
  /** Its place in the order of all calls and returns. */
  readonly called: number;
  /** The place of its return; infinite if the reply was lost. */
  readonly returned: number;
}

/** What became of a call: its result, a lost reply, or the certainty that it was never applied. */
export type Outcome = { result: string } | 'lost' | 'not applied';

/**
 * Takes down who called what and what came back, in the order in which it happened.
 *
 * @example
 * const history = new History<ZnodeOp>();
 * await history.record('alice', { kind: 'get', path: '/a' }, async () => ({ result: '"x" v0' }));
 * assert.equal(findViolation(znodeModel, history.calls), null);
 */
export class History<Op> {
  readonly #calls: { -readonly [K in keyof HistoryCall<Op>]: HistoryCall<Op>[K] }[] = [];
  #events = 0;

  /** All calls so far, those under way as lost. */
  get calls(): readonly HistoryCall<Op>[] {
    return this.#calls;
  }

  /** Notes a call, runs it and notes what became of it. */
  async record(client: string, op: Op, run: () => Promise<Outcome>): Promise<Outcome> {
    const call = {
      client,
      op,
      result: undefined as string | undefined,
      called: this.#events++,
      returned: Number.POSITIVE_INFINITY,
    };
    this.#calls.push(call);
    const outcome = await run();
    if (outcome === 'not applied') this.#calls.splice(this.#calls.indexOf(call), 1);
    else if (outcome !== 'lost') {
      call.result = outcome.result;
      call.returned = this.#events++;
    }
    return outcome;
  }
}
