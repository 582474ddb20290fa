import { Counter, Gauge, Histogram, type Registry } from '@mpim/service-kit';

/** What the operators of the user service watch. */
export interface UserMetrics {
  /** By outcome: `success`, `wrong` or `refused`. */
  readonly logins: Counter<'outcome'>;
  /** New accounts. */
  readonly registrations: Counter;
  /** Seconds from asking for a password hash to having it, waiting included. */
  readonly hashing: Histogram;
}

/** @param waiting how many passwords wait to be hashed, read at each scrape */
export function createUserMetrics(registry: Registry, waiting: () => number): UserMetrics {
  const registers = [registry];
  new Gauge({
    name: 'mpim_user_password_hash_queue',
    help: 'Passwords waiting to be hashed',
    registers,
    collect() {
      this.set(waiting());
    },
  });
  return {
    logins: new Counter({
      name: 'mpim_user_logins_total',
      help: 'Logins by outcome: success, wrong (unknown user or password), refused (too many failures)',
      labelNames: ['outcome'],
      registers,
    }),
    registrations: new Counter({
      name: 'mpim_user_registrations_total',
      help: 'New accounts',
      registers,
    }),
    hashing: new Histogram({
      name: 'mpim_user_password_hash_seconds',
      help: 'Time to hash a password, waiting included',
      buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    }),
  };
}
