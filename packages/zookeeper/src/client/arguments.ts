import { inspect } from 'node:util';
import { ZooKeeperError } from './errors.ts';

/** `BAD_ARGUMENTS` for programs without a compiler: `name` is the argument, `takes` what it could have been. */
export function badArgument(
  name: string,
  value: unknown,
  takes: string,
  path?: string,
): ZooKeeperError {
  const message = `${name} is ${shown(value)}: it takes ${takes}`;
  return new ZooKeeperError('BAD_ARGUMENTS', message, { path });
}

/** A value in a message, whatever it is: text with its quotes, an object without its depths. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return inspect(value, { depth: 0, customInspect: false, breakLength: Number.POSITIVE_INFINITY });
}

/** Refuses what has no fields to read; a list, too, such as an ACL where other clients have it. */
export function requireObject(name: string, value: unknown, takes = 'an object'): void {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) throw badArgument(name, value, takes);
}

/** Refuses what may be on as easily as off. */
export function requireBoolean(name: string, value: boolean | undefined): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw badArgument(name, value, 'true or false');
}

/** Refuses what cannot be called. */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw badArgument(name, value, 'a function');
}

/** Refuses what is neither text nor left out. */
export function requireText(name: string, value: string | undefined): void {
  if (value !== undefined && typeof value !== 'string') throw badArgument(name, value, 'text');
}
