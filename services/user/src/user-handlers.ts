import { RpcError } from '@mpim/mprpc';
import type {
  AuthenticateRequest,
  AuthenticateResponse,
  FindUsersRequest,
  FindUsersResponse,
  LoginRequest,
  LoginResponse,
  LogoutRequest,
  LogoutResponse,
  RegisterRequest,
  RegisterResponse,
} from '@mpim/protocol';
import { invalidArgument } from '@mpim/service-kit';
import { checkNewPassword, parseDevice, parseNewUser } from './accounts/account-input.ts';
import type { AccountStore } from './accounts/account-store.ts';
import type { LoginLimiter } from './passwords/login-limiter.ts';
import type { PasswordHasher } from './passwords/password-hasher.ts';
import type { ConnectionCloser } from './sessions/connection-closer.ts';
import type { SessionStore } from './sessions/session-store.ts';
import { MAX_PASSWORD_BYTES } from './settings.ts';
import type { UserMetrics } from './user-metrics.ts';

/** The users one FindUsers may ask for. */
const MAX_USERS = 1_000;

/** What the handlers work with. */
export interface UserHandlerParts {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly hasher: PasswordHasher;
  readonly limiter: LoginLimiter;
  readonly closer: ConnectionCloser;
  readonly metrics: UserMetrics;
  readonly minPasswordBytes: number;
}

/** The part of a call's context that is used here. */
interface Call {
  readonly signal: AbortSignal;
}

/** The methods of UserServiceRpc; codes and guarantees stand in `proto/mpim/v1/user_service.proto`. */
export class UserHandlers {
  readonly #parts: UserHandlerParts;

  constructor(parts: UserHandlerParts) {
    this.#parts = parts;
  }

  readonly register = async (
    request: RegisterRequest,
    { signal }: Call,
  ): Promise<RegisterResponse> => {
    const { accounts, hasher, metrics, minPasswordBytes } = this.#parts;
    const user = parseNewUser(request.user);
    checkNewPassword(request.password, minPasswordBytes);
    // The answer is the same whether the given password is that user's or not.
    if ((await accounts.passwordHash(user)) !== undefined) throw nameTaken(user);
    const hash = await this.#timed(() => hasher.hash(request.password, signal));
    if (!(await accounts.create(user, hash))) throw nameTaken(user);
    metrics.registrations.inc();
    return { user };
  };

  readonly login = async (request: LoginRequest, { signal }: Call): Promise<LoginResponse> => {
    const device = parseDevice(request.device);
    const user = request.user.toLowerCase();
    if (!(await this.#checkPassword(user, request.password, signal))) {
      throw new RpcError('UNAUTHENTICATED', 'Wrong user or password.', {
        reason: 'WRONG_CREDENTIALS',
      });
    }
    const { token, sessionId, expiresAt } = await this.#parts.sessions.open(user, device);
    return { user, token, sessionId, expiresAt };
  };

  readonly logout = async (request: LogoutRequest): Promise<LogoutResponse> => {
    const session = await this.#parts.sessions.revoke(request.token);
    if (!session) throw notASession();
    await this.#parts.closer.close(session);
    return {};
  };

  readonly authenticate = async (request: AuthenticateRequest): Promise<AuthenticateResponse> => {
    const session = await this.#parts.sessions.find(request.token);
    if (!session) throw notASession();
    return session;
  };

  readonly findUsers = async (request: FindUsersRequest): Promise<FindUsersResponse> => {
    if (request.users.length > MAX_USERS) {
      throw invalidArgument('users', `has more than ${MAX_USERS} entries`, 'ask in several calls');
    }
    return { users: await this.#parts.accounts.existing(request.users) };
  };

  /** The same work for an unknown user as for a wrong password: how long it takes tells nothing. */
  async #checkPassword(user: string, password: string, signal: AbortSignal): Promise<boolean> {
    const { accounts, hasher, limiter, metrics } = this.#parts;
    // Nobody has such a password; the limit keeps it from costing more than any other.
    const possible = Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
    try {
      const success = await limiter.attempt(user, async () => {
        const stored = possible ? await accounts.passwordHash(user) : undefined;
        return this.#timed(() => hasher.verify(possible ? password : '', stored, signal));
      });
      metrics.logins.inc({ outcome: success ? 'success' : 'wrong' });
      return success;
    } catch (error) {
      metrics.logins.inc({ outcome: 'refused' });
      throw error;
    }
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const stop = this.#parts.metrics.hashing.startTimer();
    try {
      return await work();
    } finally {
      stop();
    }
  }
}

function nameTaken(user: string): RpcError {
  return new RpcError('ALREADY_EXISTS', `The name ${user} is taken: choose another one.`, {
    reason: 'USER_EXISTS',
  });
}

function notASession(): RpcError {
  return new RpcError('UNAUTHENTICATED', 'This session has ended: log in again.', {
    reason: 'NO_SESSION',
  });
}
