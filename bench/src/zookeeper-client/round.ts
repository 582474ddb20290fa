/** What the subjects are made to do. The last two count watch events, the others answered requests. */
export type Operation = 'create' | 'set' | 'get' | 'getChildren' | 'watch' | 'fan-out';

/** How a subject is to work during one round. */
export interface RoundRequest {
  operation: Operation;
  /** Requests under way at any time; for `fan-out` the watchers of the one node. */
  inFlight: number;
  ms: number;
  /** Where the nodes are: those that {@link Tree.start} makes and, of a `create`, an empty `c<round>`. */
  folder: string;
}

/** What one round gave. */
export interface RoundResult {
  calls: number;
  elapsedMs: number;
  /** CPU time of the whole process, without what the kernel spent on its behalf. */
  userUs: number;
  /** That; null where the two cannot be told apart and `userUs` is the sum. */
  systemUs: number | null;
  p50Us: number;
  p99Us: number;
}

/** Of data in every node that is read or written. */
export const DATA_BYTES = 100;

/** A request as it goes to a subject's stdin, readable without a parser. */
export function requestLine({ operation, inFlight, ms, folder }: RoundRequest): string {
  return `${operation} ${inFlight} ${ms} ${folder}`;
}

/** The way back. */
export function parseRequestLine(line: string): RoundRequest {
  const [operation, inFlight, ms, folder = ''] = line.split(' ');
  return {
    operation: operation as Operation,
    inFlight: Number(inFlight),
    ms: Number(ms),
    folder,
  };
}
