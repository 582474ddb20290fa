import { UserServiceRpcDefinition } from '@mpim/protocol';
import { defineService } from '@mpim/service-kit';
import { AccountStore } from './accounts/account-store.ts';
import { LoginLimiter } from './passwords/login-limiter.ts';
import { PasswordHasher } from './passwords/password-hasher.ts';
import { type UserTables, userMigrations } from './schema.ts';
import { ConnectionCloser } from './sessions/connection-closer.ts';
import { SessionStore } from './sessions/session-store.ts';
import { userSettings } from './settings.ts';
import { UserHandlers } from './user-handlers.ts';
import { createUserMetrics } from './user-metrics.ts';

const PURGE_INTERVAL_MS = 60 * 60 * 1_000;

/** The user service: accounts, logins and sessions behind `UserServiceRpc`. */
export const userService = defineService({
  name: 'user',
  settings: userSettings,
  async start(context) {
    const { settings, logger } = context;
    const db = await context.openDatabase<UserTables>('user', userMigrations);
    const sessions = new SessionStore(db, { lifetimeMs: settings.sessionLifetimeMs });
    const hasher = new PasswordHasher();
    const handlers = new UserHandlers({
      accounts: new AccountStore(db),
      sessions,
      hasher,
      limiter: new LoginLimiter({
        failures: settings.loginFailures,
        windowMs: settings.loginWindowMs,
      }),
      closer: new ConnectionCloser({
        resolver: context.discovery,
        channel: context.channel,
        logger,
      }),
      metrics: createUserMetrics(context.metrics, () => hasher.waiting),
      minPasswordBytes: settings.minPasswordBytes,
    });
    context.provider.notifyService(UserServiceRpcDefinition, handlers);

    await sessions.purge();
    const purge = setInterval(() => {
      sessions
        .purge()
        .catch((err: unknown) => logger.warn({ err }, 'expired sessions stay for now'));
    }, PURGE_INTERVAL_MS);
    purge.unref();
    context.signal.addEventListener('abort', () => clearInterval(purge), { once: true });
    return {};
  },
});
