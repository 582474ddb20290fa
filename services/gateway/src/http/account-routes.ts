import type { RpcClient } from '@mpim/mprpc';
import type { Failure, UserServiceRpcDefinition } from '@mpim/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { failure, failureOf, httpStatusOf, isFault } from '../failure.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { AddressLimiter } from '../limits/address-limiter.ts';

/** What the account routes work with. */
export interface AccountRoutesParts {
  readonly user: RpcClient<UserServiceRpcDefinition>;
  readonly limiter: AddressLimiter;
  readonly deadlineMs: number;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

/** `POST /v1/register`, `/v1/login` and `/v1/logout`. Bodies are never logged: they hold secrets. */
export function addAccountRoutes(app: FastifyInstance, parts: AccountRoutesParts): void {
  const { user: users, deadlineMs } = parts;

  app.post('/v1/register', async (request, reply) => {
    const body = texts(request.body, ['user', 'password']);
    if (body === undefined) return refuse(reply, badBody('user and password'));
    return limited(parts, request, reply, async () => {
      const { user = '', password = '' } = body;
      const created = await users.register({ user, password }, { deadlineMs });
      return reply.code(201).send({ user: created.user });
    });
  });

  app.post('/v1/login', async (request, reply) => {
    const body = texts(request.body, ['user', 'password'], ['device']);
    if (body === undefined) return refuse(reply, badBody('user, password and device'));
    return limited(parts, request, reply, async () => {
      const { user = '', password = '', device = '' } = body;
      const session = await users.login({ user, password, device }, { deadlineMs });
      const { token, sessionId, expiresAt } = session;
      return reply.send({ user: session.user, token, sessionId, expiresAt });
    });
  });

  app.post('/v1/logout', async (request, reply) => {
    const token = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      const message = 'send the token as Authorization: Bearer <token>';
      return refuse(reply, failure('UNAUTHENTICATED', message));
    }
    return answer(parts, request, reply, async () => {
      await users.logout({ token }, { deadlineMs });
      return reply.send({});
    });
  });
}

async function limited(
  parts: AccountRoutesParts,
  request: FastifyRequest,
  reply: FastifyReply,
  serve: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const retryAfterMs = parts.limiter.take(request.ip);
  if (retryAfterMs > 0) {
    parts.metrics.refused('account-rate');
    const facts = { retryable: true, retryAfterMs };
    const message = 'too many registrations and logins from this address; wait a moment';
    return refuse(reply, failure('RESOURCE_EXHAUSTED', message, facts));
  }
  return answer(parts, request, reply, serve);
}

async function answer(
  { metrics, logger }: AccountRoutesParts,
  request: FastifyRequest,
  reply: FastifyReply,
  serve: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  const kind = request.routeOptions.url?.slice('/v1/'.length) ?? 'unknown';
  try {
    const served = await serve();
    metrics.answered(kind, 'OK', performance.now() - startedAt);
    return served;
  } catch (err) {
    const why = failureOf(err);
    metrics.answered(kind, why.code, performance.now() - startedAt);
    if (isFault(why)) logger.error({ err, kind }, 'an account request failed');
    return refuse(reply, why);
  }
}

/** Answers with a failure in the form every HTTP error of the gateway has. */
export function refuse(
  reply: FastifyReply,
  why: Failure,
  status = httpStatusOf(why),
): FastifyReply {
  const { code, message, retryable, retryAfterMs } = why;
  if (retryAfterMs > 0) reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  const error = { code, message, retryable, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) };
  return reply.code(status).send({ error });
}

function badBody(fields: string): Failure {
  return failure('INVALID_ARGUMENT', `send a JSON object with the texts ${fields}`);
}

/** The named members of a JSON object when all of them are texts. */
function texts(
  body: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, string> | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const found: Record<string, string> = {};
  const given = new Map<string, unknown>(Object.entries(body));
  for (const name of [...required, ...optional]) {
    const value = given.get(name);
    if (typeof value === 'string') found[name] = value;
    else if (value !== undefined || required.includes(name)) return undefined;
  }
  return found;
}
