/** One running process that provides a service. */
export interface Instance {
  readonly id: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
  /** Its share of the calls relative to the others; 0 takes none while others have more. */
  readonly weight: number;
  readonly zone: string;
  readonly version: string;
  /** The methods it provides, by name: `Login`. */
  readonly methods: readonly string[];
  /** The port of its health and metrics pages; 0 when it has none. */
  readonly adminPort: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Finds the instances of a service. The channel asks before every call, so an answer that is at hand
 * is given without a promise, and the same array stands for the same instances.
 */
export interface Resolver {
  /**
   * Who provides `method` of `service`; empty when nobody does. A rejection fails the call: an
   * RpcError as it is, anything else as UNAVAILABLE.
   */
  resolve(service: string, method: string): readonly Instance[] | Promise<readonly Instance[]>;
  /** Calls `listener` whenever the instances of a service change. Returns what ends it. */
  watch(service: string, listener: (instances: readonly Instance[]) => void): () => void;
}
