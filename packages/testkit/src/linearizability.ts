import type { HistoryCall } from './history.ts';

/** What a system would do if it served one call after the other. */
export interface SequentialModel<State, Op> {
  readonly initial: State;
  /** The things a call reads or changes; calls that have none in common are judged apart. */
  keys(op: Op): readonly string[];
  /** The state after a call, and its result in the words of {@link HistoryCall.result}. States are never changed. */
  apply(state: State, op: Op): readonly [State, string];
  /** The same for equal states, different for others. */
  identify(state: State): string;
}

/** A history that no order of its calls can explain. */
export interface Violation {
  /** For people: the calls that no order explains, and the longest order that was found. */
  readonly message: string;
  /** What the calls are about. */
  readonly keys: readonly string[];
}

const MAX_STEPS = 5_000_000;

/**
 * Looks for an order of all calls in which each takes effect at one moment between call and return and every
 * result is what the model says. A call whose reply was lost may take effect at any moment after it was made,
 * or never.
 *
 * The search is Wing and Gong's, with Lowe's memory of the configurations that lead nowhere, for each group
 * of connected keys by itself.
 *
 * @returns null if there is such an order. Throws if that cannot be told with a reasonable effort.
 */
export function findViolation<State, Op>(
  model: SequentialModel<State, Op>,
  calls: readonly HistoryCall<Op>[],
): Violation | null {
  for (const group of connectedGroups(model, calls)) {
    const violation = new Search(model, group).run();
    if (violation !== null) return violation;
  }
  return null;
}

/**
 * A place in the order of events: a call with a result is made, or returns. Linked, so that both are taken out and
 * put back fast.
 */
interface Event<Op> {
  readonly call: HistoryCall<Op>;
  readonly index: number;
  readonly at: number;
  /** The event of its return; null for a return. */
  readonly end: Event<Op> | null;
  readonly isReturn: boolean;
  before: Event<Op> | null;
  next: Event<Op> | null;
}

/** A call that was put into the order, and how things stood before. */
interface Choice<State, Op> {
  readonly call: HistoryCall<Op>;
  /** Its own event; for a call whose reply was lost the return that nothing else could go before. */
  readonly event: Event<Op> | null;
  readonly lost: number;
  readonly state: State;
  readonly done: bigint;
}

class Search<State, Op> {
  readonly #model: SequentialModel<State, Op>;
  readonly #calls: readonly HistoryCall<Op>[];
  readonly #head: Event<Op>;
  /** Calls whose replies were lost, in the order they were made. */
  readonly #lost: readonly { readonly call: HistoryCall<Op>; readonly index: number }[];
  /** Calls with a result that are not in the order yet. */
  #open: number;
  #best: readonly HistoryCall<Op>[] = [];

  constructor(model: SequentialModel<State, Op>, calls: readonly HistoryCall<Op>[]) {
    this.#model = model;
    this.#calls = calls;
    this.#open = calls.filter((call) => call.result !== undefined).length;
    this.#head = linked(calls);
    this.#lost = calls
      .map((call, index) => ({ call, index }))
      .filter(({ call }) => call.result === undefined)
      .sort((a, b) => a.call.called - b.call.called);
  }

  run(): Violation | null {
    const order: Choice<State, Op>[] = [];
    const met = new Set<string>();
    let state = this.#model.initial;
    let done = 0n;
    let event = this.#head.next;
    /** Where to go on among the calls with lost replies. They come last: most were never applied. */
    let lost = 0;
    /** Puts a call next in the order, unless that leads nowhere or has been tried. */
    const choose = (call: HistoryCall<Op>, index: number): boolean => {
      const next = this.#tryNext(call, state);
      if (next === null) return false;
      const after = done | (1n << BigInt(index));
      const name = `${after.toString(36)} ${this.#model.identify(next)}`;
      if (met.has(name)) return false;
      met.add(name);
      order.push({ call, event, lost, state, done });
      if (order.length > this.#best.length) this.#best = order.map((each) => each.call);
      [state, done] = [next, after];
      return true;
    };
    for (let steps = 0; this.#open > 0 && event !== null; steps++) {
      if (steps > MAX_STEPS) throw new Error('too many calls at once to judge this history');
      if (!event.isReturn) {
        const chosen = event;
        if (!choose(chosen.call, chosen.index)) {
          event = chosen.next;
          continue;
        }
        this.#takeOut(chosen);
        [event, lost] = [this.#head.next, 0];
        continue;
      }
      const candidate = this.#lost[lost];
      if (candidate !== undefined && candidate.call.called < event.at) {
        const isFree = (done & (1n << BigInt(candidate.index))) === 0n;
        if (isFree && choose(candidate.call, candidate.index)) {
          [event, lost] = [this.#head.next, 0];
        } else lost++;
        continue;
      }
      // A call that has returned must come before: the order chosen so far leads nowhere.
      const last = order.pop();
      if (last === undefined) return this.#violation();
      ({ state, done, event } = last);
      if (event === null || event.isReturn) lost = last.lost + 1;
      else {
        this.#putBack(event);
        [event, lost] = [event.next, 0];
      }
    }
    return null;
  }

  /** The state if this call comes next; null if its result speaks against it, or nothing would come of it. */
  #tryNext(call: HistoryCall<Op>, state: State): State | null {
    const [next, result] = this.#model.apply(state, call.op);
    if (call.result !== undefined) return call.result === result ? next : null;
    return this.#model.identify(next) === this.#model.identify(state) ? null : next;
  }

  #takeOut(event: Event<Op>): void {
    unlink(event);
    if (event.end !== null) unlink(event.end);
    this.#open--;
  }

  #putBack(event: Event<Op>): void {
    if (event.end !== null) relink(event.end);
    relink(event);
    this.#open++;
  }

  #violation(): Violation {
    const rest = this.#calls.filter((call) => !this.#best.includes(call));
    const keys = [...new Set(this.#calls.flatMap((call) => this.#model.keys(call.op)))];
    const message = [
      `no order explains the calls on ${keys.join(', ')}.`,
      'The longest that was found:',
      ...this.#best.map(describe),
      'What does not fit behind it:',
      ...rest.map(describe),
    ];
    return { message: message.join('\n'), keys };
  }
}

function describe<Op>({ client, op, result, called, returned }: HistoryCall<Op>): string {
  const when = returned === Number.POSITIVE_INFINITY ? `${called}…` : `${called}-${returned}`;
  return `  ${client} [${when}] ${JSON.stringify(op)} -> ${result ?? '(reply lost)'}`;
}

function linked<Op>(calls: readonly HistoryCall<Op>[]): Event<Op> {
  const events: Event<Op>[] = [];
  for (const [index, call] of calls.entries()) {
    if (call.result === undefined) continue;
    const links = { call, index, before: null, next: null };
    const end = { ...links, at: call.returned, end: null, isReturn: true };
    events.push(end, { ...links, at: call.called, end, isReturn: false });
  }
  events.sort((a, b) => a.at - b.at);
  const [first] = calls;
  if (first === undefined) throw new Error('a group without calls');
  const head: Event<Op> = {
    ...{ call: first, index: -1, at: -1, end: null, isReturn: false },
    ...{ before: null, next: null },
  };
  let last = head;
  for (const event of events) {
    last.next = event;
    event.before = last;
    last = event;
  }
  return head;
}

function unlink<Op>({ before, next }: Event<Op>): void {
  if (before !== null) before.next = next;
  if (next !== null) next.before = before;
}

function relink<Op>(event: Event<Op>): void {
  if (event.before !== null) event.before.next = event;
  if (event.next !== null) event.next.before = event;
}

/** The calls, apart for each set of keys that no call connects with others. */
function connectedGroups<State, Op>(
  model: SequentialModel<State, Op>,
  calls: readonly HistoryCall<Op>[],
): HistoryCall<Op>[][] {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    return root;
  };
  const rootOfCall = (call: HistoryCall<Op>): string => rootOf(model.keys(call.op)[0] ?? '');
  for (const call of calls) {
    for (const key of model.keys(call.op)) {
      const [one, other] = [rootOfCall(call), rootOf(key)];
      if (one !== other) parents.set(other, one);
    }
  }
  return [...Map.groupBy(calls, rootOfCall).values()];
}
