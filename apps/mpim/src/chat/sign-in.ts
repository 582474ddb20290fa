import { setTimeout as delay } from 'node:timers/promises';
import { MpimClient, MpimError } from '@mpim/client';

/** Who, where, and how long to try, in ms. */
export interface SignInOptions {
  readonly gateway: string;
  readonly user: string;
  readonly password: string;
  /** Creates the account when it does not exist yet. */
  readonly register: boolean;
  readonly limitMs: number;
  /** Told of every attempt that failed and is repeated. */
  readonly retrying?: (error: MpimError) => void;
}

/** Between two attempts to create the account, in ms. */
const RETRY_MS = 500;

/**
 * Creates the account if asked and needed: one that exists already is as good, the login then decides.
 * Keeps trying while the gateway or the user service is away.
 *
 * @throws MpimError the last refusal
 */
export async function ensureAccount(options: SignInOptions): Promise<void> {
  const { gateway, user, password, limitMs } = options;
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await MpimClient.register({ gateway, user, password });
    } catch (error) {
      if (!(error instanceof MpimError)) throw error;
      if (error.code === 'ALREADY_EXISTS') return;
      if (!error.retryable || performance.now() + RETRY_MS > deadline) throw error;
      options.retrying?.(error);
      await delay(Math.max(RETRY_MS, error.retryAfterMs));
    }
  }
}

/** A client for this user, not started yet: it logs in by itself when it is. */
export function newClient({ gateway, user, password }: SignInOptions): MpimClient {
  return new MpimClient({ gateway, credentials: { user, password, device: 'terminal' } });
}

/**
 * Starts the client and waits until the first sync is done.
 *
 * @throws MpimError the refusal, or why the gateway was not reached within the limit
 */
export async function startClient(client: MpimClient, options: SignInOptions): Promise<void> {
  let last: MpimError | undefined;
  const release = client.on('state', (state) => {
    if (state.kind !== 'offline') return;
    last = state.error;
    options.retrying?.(state.error);
  });
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(
      last ??
        new MpimError(
          'UNAVAILABLE',
          `no answer from ${options.gateway} within ${options.limitMs} ms`,
        ),
    );
  }, options.limitMs);
  try {
    const started = client.start();
    started.catch(() => {});
    await Promise.race([started, timeout.promise]);
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Why a sign-in failed, and what to do about it. */
export function explainSignIn(error: MpimError, options: SignInOptions): string {
  const happened = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  return `${happened} ${remedyFor(error.code, options)}`.trim();
}

function remedyFor(code: string, options: SignInOptions): string {
  switch (code) {
    case 'UNAUTHENTICATED':
      return options.register
        ? `The user ${options.user} exists with another password.`
        : `Check the password, or create the user with --register.`;
    case 'UNAVAILABLE':
    case 'CONNECTION_LOST':
    case 'DEADLINE_EXCEEDED':
      return `Is MPIM running there (mpim up, or npm start in a clone)? Another address is given with --gateway ws://host:port.`;
    default:
      return '';
  }
}
