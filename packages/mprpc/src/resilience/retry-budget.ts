/** How much a channel may add to the load by repeating calls. Defaults: Envoy's `retry_budget`. */
export interface RetryBudgetOptions {
  /** Repeated attempts under way, as a share of the calls under way. Default 0.2. */
  share: number;
  /** So many are allowed however few calls there are. Default 3. */
  floor: number;
}

/** See {@link RetryBudgetOptions}. */
export const RETRY_BUDGET_DEFAULTS: RetryBudgetOptions = { share: 0.2, floor: 3 };

/**
 * Keeps repeated attempts from multiplying the load of servers that are in trouble already: when many calls
 * fail at once only a share of them is repeated.
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  /** Calls under way; counted by the calls themselves. */
  active = 0;
  #underWay = 0;
  #granted = 0;
  #refused = 0;

  constructor(options: RetryBudgetOptions) {
    this.#options = options;
  }

  /** Repeated attempts so far. */
  get granted(): number {
    return this.#granted;
  }

  /** Repetitions that were not allowed. */
  get refused(): number {
    return this.#refused;
  }

  /** Asks for one repeated attempt; when granted, {@link giveBack} follows at its end. */
  take(): boolean {
    const { share, floor } = this.#options;
    if (this.#underWay >= Math.max(floor, Math.floor(this.active * share))) {
      this.#refused++;
      return false;
    }
    this.#underWay++;
    this.#granted++;
    return true;
  }

  /** A repeated attempt has ended. */
  giveBack(): void {
    this.#underWay--;
  }
}
