/** What a round repeats. `mixed` is nine times `get` and once `set`; `getWide` reads the children of `folder` itself. */
export type LoadOperation = 'create' | 'set' | 'get' | 'getChildren' | 'mixed' | 'getWide';

/** What the load process is told, one JSON object a line; each is answered by one line. */
export type LoadRequest =
  /** Opens sessions, in place of those that are open. */
  | { readonly kind: 'open'; readonly port: number; readonly connections: number }
  | { readonly kind: 'close' }
  /** Creates these nodes, one after the other. */
  | { readonly kind: 'make'; readonly paths: readonly string[] }
  | Round
  /** Creates nodes, or deletes those of a `create` or `fill`: `n000000000` and so on in each of the folders. */
  | {
      readonly kind: 'fill' | 'sweep';
      readonly folders: readonly { readonly path: string; readonly count: number }[];
    }
  /** Has every session watch a node. */
  | { readonly kind: 'arm'; readonly path: string }
  /** Changes that node; answered when all have heard of it. */
  | { readonly kind: 'fire'; readonly path: string };

/** Keeps requests under way for a while. */
export interface Round {
  readonly kind: 'round';
  readonly operation: LoadOperation;
  readonly folder: string;
  /** Over all connections. Fewer than there are connections take turns on them. */
  readonly inFlight: number;
  readonly ms: number;
}

/** What came of a request to the load process. */
export interface LoadResult {
  /** Answers, or notifications of `fire`. */
  readonly calls: number;
  readonly elapsedMs: number;
  /** CPU time of the load process itself. */
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}
