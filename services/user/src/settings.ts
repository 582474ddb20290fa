import { commonSettings } from '@mpim/service-kit';
import { z } from 'zod';

/** No password is longer, in bytes of UTF-8: it bounds the work one request can ask for. */
export const MAX_PASSWORD_BYTES = 256;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** The common settings and those of accounts, logins and sessions. */
export const userSettings = commonSettings.extend({
  minPasswordBytes: z
    .number()
    .int()
    .min(1)
    .max(MAX_PASSWORD_BYTES)
    .default(6)
    .describe('Shortest password a new account may have, bytes of UTF-8'),
  sessionLifetimeMs: z
    .number()
    .int()
    .min(1_000)
    .max(3_650 * DAY_MS)
    .default(30 * DAY_MS)
    .describe('How long a login lasts, ms'),
  loginFailures: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(10)
    .describe('Failed logins of one user before further ones are refused for a while'),
  loginWindowMs: z
    .number()
    .int()
    .min(1_000)
    .max(DAY_MS)
    .default(15 * 60 * 1_000)
    .describe('How long failed logins are counted, and how long a refusal lasts at most, ms'),
});
