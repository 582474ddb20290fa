import { MpimError, type MpimErrorCode, serverCode } from './errors.ts';
import type { Credentials, Session } from './types.ts';

/** The HTTP address behind a gateway address given as ws, wss, http or https. No trailing slash. */
export function httpAddress(gateway: string): string {
  return parseGateway(gateway).replace(/^ws/, 'http');
}

/** The WebSocket address behind a gateway address given as ws, wss, http or https. */
export function webSocketAddress(gateway: string): string {
  return `${parseGateway(gateway).replace(/^http/, 'ws')}/v1/ws`;
}

function parseGateway(gateway: string): string {
  const text = gateway.includes('://') ? gateway : `ws://${gateway}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw badGateway(gateway, cause);
  }
  if (!['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol)) throw badGateway(gateway);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

function badGateway(gateway: string, cause?: unknown): MpimError {
  return new MpimError(
    'INVALID_ARGUMENT',
    `"${gateway}" is not a gateway address; give one like ws://127.0.0.1:8080`,
    { cause },
  );
}

/**
 * Creates an account (`POST /v1/register`).
 * @throws MpimError `ALREADY_EXISTS` when the name is taken, `INVALID_ARGUMENT` for a bad name or password.
 */
export async function register(
  gateway: string,
  account: { user: string; password: string },
  timeoutMs = 15_000,
): Promise<void> {
  await post(
    gateway,
    '/v1/register',
    { user: account.user, password: account.password },
    timeoutMs,
  );
}

/**
 * Opens a session (`POST /v1/login`).
 * @throws MpimError `UNAUTHENTICATED` for an unknown user and a wrong password alike.
 */
export async function login(
  gateway: string,
  credentials: Credentials,
  timeoutMs = 15_000,
): Promise<Session> {
  const body = await post(
    gateway,
    '/v1/login',
    {
      user: credentials.user,
      password: credentials.password,
      device: credentials.device ?? '',
    },
    timeoutMs,
  );
  const { user, token, sessionId, expiresAt } = body;
  if (typeof user !== 'string' || typeof token !== 'string' || typeof sessionId !== 'string') {
    throw new MpimError('UNKNOWN', `${gateway} answered a login without a session`);
  }
  return { user, token, sessionId, expiresAt: Number(expiresAt) };
}

/** Ends the session a token belongs to (`POST /v1/logout`); its connections are closed. */
export async function logout(gateway: string, token: string, timeoutMs = 15_000): Promise<void> {
  await post(gateway, '/v1/logout', {}, timeoutMs, token);
}

async function post(
  gateway: string,
  path: string,
  body: object,
  timeoutMs: number,
  token?: string,
): Promise<Record<string, unknown>> {
  const address = httpAddress(gateway) + path;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (cause) {
    throw new MpimError('UNAVAILABLE', `cannot reach the gateway at ${httpAddress(gateway)}`, {
      retryable: true,
      cause,
    });
  }
  const answer = parseObject(text);
  if (response.ok) return answer;
  throw failureOf(address, response.status, answer);
}

function failureOf(address: string, status: number, answer: Record<string, unknown>): MpimError {
  const error = answer.error;
  if (typeof error === 'object' && error !== null) {
    const { code, message, retryable, retryAfterMs } = error as Record<string, unknown>;
    return new MpimError(serverCode(String(code)), String(message), {
      retryable: retryable === true,
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : 0,
    });
  }
  const code: MpimErrorCode = status >= 500 ? 'UNAVAILABLE' : 'UNKNOWN';
  return new MpimError(code, `${address} answered ${status}; is this an MPIM gateway?`, {
    retryable: status >= 500,
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
