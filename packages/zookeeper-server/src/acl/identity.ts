/** Who a connection has shown to be: `digest` and `user:hash`, `ip` and `127.0.0.1`, … */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** Identity that may do everything. */
export const SUPER_IDENTITY: Identity = { scheme: 'super', id: '' };
