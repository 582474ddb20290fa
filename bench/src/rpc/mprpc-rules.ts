import { circuitBreaker, type Interceptor, loadShedding, methodLimits } from '@mpim/mprpc';
import { rpcMetrics } from '@mpim/service-kit';
import { Registry } from 'prom-client';
import { echoOver, type Use } from './mprpc-echo.ts';

const LIMITS = { '*': { maxConcurrent: 1024 } };
const through: Interceptor = (call, next) => next(call);

/** Ways to use mprpc that differ in one thing from `bare`. */
const USES = {
  bare: {},
  observer: {
    provider: () => ({ observer: rpcMetrics(new Registry(), 'server') }),
    channel: () => ({ observer: rpcMetrics(new Registry(), 'client') }),
  },
  'client interceptor': { channel: () => ({ interceptors: [through] }) },
  'server interceptor': { provider: () => ({ interceptors: [through] }) },
  circuitBreaker: { channel: () => ({ circuitBreaker: {} }) },
  'circuitBreaker()': { channel: () => ({ interceptors: [circuitBreaker()] }) },
  methodLimits: { provider: () => ({ methodLimits: LIMITS }) },
  'methodLimits()': { provider: () => ({ interceptors: [methodLimits(LIMITS)] }) },
  loadShedding: { provider: () => ({ loadShedding: {} }) },
  'loadShedding()': { provider: () => ({ interceptors: [loadShedding()] }) },
} satisfies Readonly<Record<string, Partial<Use>>>;

/** The names, `bare` first. */
export const RULE_NAMES = Object.keys(USES);

/** The kind of process that uses a rule, see `echoSubject`. */
export const ruleKind = (name: string): string => `mprpc with ${name}`;

export const ruleEchoes = Object.fromEntries(
  Object.entries(USES).map(([name, use]) => [
    ruleKind(name),
    echoOver({ provider: () => ({}), channel: () => ({}), ...use }),
  ]),
);
