import { ZooKeeperServerError } from '../errors.ts';

const MAX_INT = 0x7fff_ffff;

/** Throws `ZooKeeperServerError` `BAD_OPTION` unless an option is a whole number within its bounds. */
export function requireInteger(name: string, value: number, min: number, max = MAX_INT): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const message = `${name} is ${value}; give a whole number from ${min} to ${max}`;
  throw new ZooKeeperServerError('BAD_OPTION', message);
}
