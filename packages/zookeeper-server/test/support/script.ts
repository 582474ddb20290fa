import { OpCode } from '@mpim/zookeeper/protocol';
import { Dice } from './dice.ts';
import { drawRequest } from './requests/draw-request.ts';
import { RequestWords } from './requests/request-words.ts';
import type { ScriptedRequest } from './requests/scripted-request.ts';

/** Sessions of a script. */
export const SESSIONS = 3;

/** One step of a script. It holds a seed and no request, for the paths differ each time the script is run. */
export interface ScriptStep {
  readonly kind:
    | 'request'
    /** The session is closed, and another one opened. */
    | 'close'
    /** The connection is cut and the session taken up again. */
    | 'reconnect'
    /** The session falls silent until it has expired; another one is opened. */
    | 'expire';
  readonly session: number;
  readonly seed: number;
}

/** A sequence of requests and mishaps that is the same for every server. */
export interface Script {
  readonly seed: number;
  readonly quotas: boolean;
  readonly steps: readonly ScriptStep[];
}

/** Steps that are sent in one go: requests of one session. */
export type Burst = readonly [ScriptStep, ...ScriptStep[]];

const MAX_BURST = 60;

/** Draws a script. Every fourth has quotas. */
export function drawScript(seed: number, length: number): Script {
  const dice = new Dice(seed);
  const quotas = dice.chance(25);
  const steps: ScriptStep[] = [];
  while (steps.length < length) {
    const session = dice.below(SESSIONS);
    if (dice.chance(6)) {
      const kind = dice.one(['close', 'reconnect', 'reconnect', 'reconnect'] as const);
      steps.push({ kind, session, seed: 0 });
      continue;
    }
    // Quotas are held against what was applied, not against what is under way: one at a time.
    for (let left = 1 + (quotas ? 0 : dice.below(MAX_BURST)); left > 0; left--) {
      steps.push({ kind: 'request', session, seed: dice.below(2 ** 32) });
    }
  }
  // Waiting for an expiry takes time: once per script.
  steps.push({ kind: 'expire', session: dice.below(SESSIONS), seed: 0 });
  return { seed, quotas, steps };
}

/** The request of a step, with its paths below `root`. */
export function requestOf(step: ScriptStep, { quotas }: Script, root: string): ScriptedRequest {
  return drawRequest(new RequestWords(new Dice(step.seed), { root, quotas }));
}

/** The steps in bursts. */
export function burstsOf(script: Script): Burst[] {
  const bursts: [ScriptStep, ...ScriptStep[]][] = [];
  let isOpen = false;
  for (const step of script.steps) {
    const last = bursts.at(-1);
    const joins = step.kind === 'request' && !script.quotas && !standsAlone(step, script);
    if (last !== undefined && isOpen && joins && last[0].session === step.session) last.push(step);
    else bursts.push([step]);
    isOpen = joins;
  }
  return bursts;
}

/**
 * Apache ZooKeeper handles auth packets at once, so what is under way may or may not profit; and it holds what
 * follows a setACL closely against the old ACL (`PrepRequestProcessor`: the pending record keeps it).
 */
function standsAlone(step: ScriptStep, script: Script): boolean {
  const { op } = requestOf(step, script, '');
  return op === OpCode.auth || op === OpCode.setACL;
}

/** For people. */
export function describeStep(step: ScriptStep, script: Script): string {
  const what = step.kind === 'request' ? requestOf(step, script, '').label : step.kind;
  return `session ${step.session}: ${what}`;
}
