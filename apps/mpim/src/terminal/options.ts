import { InvalidArgumentError } from 'commander';

/** Reads a TCP port for commander; 0 takes a free one. */
export function parsePort(text: string): number {
  return parseWhole(text, 0, 65_535, 'a port, 0 to 65535');
}

/** Reads a whole number within bounds for commander. */
export function parseWhole(
  text: string,
  least: number,
  most: number,
  what = `a whole number from ${least} to ${most}`,
): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new InvalidArgumentError(`Give ${what}.`);
  return value;
}
