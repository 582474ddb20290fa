/** What a {@link GatewayCensus} works with. */
export interface GatewayCensusParts {
  /** How long a gateway that binds may be missing in the registry, ms. */
  readonly graceMs: number;
  /** False while the registry cannot be read: then nobody is missing. */
  readonly registryAnswers: () => boolean;
  /** The gateway is not there: its routes go. */
  readonly onGone: (gatewayId: string) => void;
  /** Milliseconds that never go back; the machine's unless told. */
  readonly now?: () => number;
}

/**
 * Says which gateways are gone: those that were in the registry and vanished, at once; and those that bind routes
 * but do not appear in the registry within the grace time. A gateway may bind before this process hears of it.
 */
export class GatewayCensus {
  readonly #parts: GatewayCensusParts;
  readonly #now: () => number;
  #registered: ReadonlySet<string> = new Set();
  /** Gateways that bound routes and are not in the registry, with the time that they are missing since. */
  readonly #missing = new Map<string, number>();
  #known = false;

  constructor(parts: GatewayCensusParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** Gateways in the registry's last list. */
  get size(): number {
    return this.#registered.size;
  }

  /** The registry's list changed, or is known for the first time. */
  registered(gatewayIds: Iterable<string>): void {
    const before = this.#registered;
    this.#registered = new Set(gatewayIds);
    this.#known = true;
    for (const id of this.#registered) this.#missing.delete(id);
    for (const id of before) if (!this.#registered.has(id)) this.#parts.onGone(id);
  }

  /** A gateway bound routes. */
  bound(gatewayId: string): void {
    if (this.#registered.has(gatewayId) || this.#missing.has(gatewayId)) return;
    this.#missing.set(gatewayId, this.#now());
  }

  /** Looks for gateways that have been missing for too long. Call it about every second. */
  sweep(): void {
    const now = this.#now();
    const counts = this.#known && this.#parts.registryAnswers();
    for (const [id, since] of this.#missing) {
      if (!counts) {
        this.#missing.set(id, now);
      } else if (now - since > this.#parts.graceMs) {
        this.#missing.delete(id);
        this.#parts.onGone(id);
      }
    }
  }
}
