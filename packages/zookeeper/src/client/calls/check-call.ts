import { badArgument, requireObject } from '../arguments.ts';
import { namesOf, requireKnown } from '../known-names.ts';
import type { CallOptions, VersionedOptions } from './call-options.ts';

/** What a timer can wait. */
export const LONGEST_WAIT_MS = 0x7fff_ffff;

/** What calls are made with that are given no options; nothing in it needs to be looked at. */
export const NO_OPTIONS: Readonly<CallOptions> = Object.freeze({});

const CALL_OPTIONS = namesOf<CallOptions>({ signal: true, timeoutMs: true });
/** For {@link checkCallOptions}. */
export const VERSIONED_OPTIONS = namesOf<VersionedOptions>({
  version: true,
  signal: true,
  timeoutMs: true,
});

/** Refuses options that no call can be made with, names that it does not know, and a time that no timer can wait. */
export function checkCallOptions(options: CallOptions, names = CALL_OPTIONS): void {
  if (options === NO_OPTIONS) return;
  requireObject('options', options);
  requireKnown('options', options, names);
  const { signal, timeoutMs } = options;
  if (signal !== undefined) checkSignal(signal);
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= LONGEST_WAIT_MS) return;
  const takes = `ms from 0 to ${LONGEST_WAIT_MS}; leave it out to wait on`;
  throw badArgument('options.timeoutMs', timeoutMs, takes);
}

/** Refuses what cannot abort. */
export function checkSignal(signal: AbortSignal): void {
  if (typeof signal?.throwIfAborted === 'function') return;
  throw badArgument('options.signal', signal, 'an AbortSignal');
}

/** The version that a call expects, of the node at `path`; -1 for any. Throws `BAD_ARGUMENTS` for what is none. */
export function expectedVersion(options: VersionedOptions, path: string): number {
  const { version = -1 } = options;
  if (typeof version === 'number' && version === (version | 0)) return version;
  throw badArgument(`version of ${path}`, version, 'a version, or -1 for any', path);
}
