import type { Acl } from '../acl.ts';
import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { readStat, type Stat, writeStat } from './stat.ts';

/** Reads an {@link Acl}. */
export function readAcl(input: JuteReader): Acl {
  return { permissions: input.int(), scheme: input.text(), id: input.text() };
}

/** Writes an {@link Acl}. */
export function writeAcl(output: JuteWriter, value: Acl): void {
  output.int(value.permissions);
  output.string(value.scheme);
  output.string(value.id);
}

/** Answered with a {@link GetAclResponse}. */
export interface GetAclRequest {
  readonly path: string;
}

/** Reads a {@link GetAclRequest}. */
export function readGetAclRequest(input: JuteReader): GetAclRequest {
  return { path: input.path() };
}

/** Writes a {@link GetAclRequest}. */
export function writeGetAclRequest(output: JuteWriter, value: GetAclRequest): void {
  output.string(value.path);
}

/** ACL and Stat of a node. */
export interface GetAclResponse {
  readonly acl: readonly Acl[];
  readonly stat: Stat;
}

/** Reads a {@link GetAclResponse}. */
export function readGetAclResponse(input: JuteReader): GetAclResponse {
  return { acl: input.vector(readAcl), stat: readStat(input) };
}

/** Writes a {@link GetAclResponse}. */
export function writeGetAclResponse(output: JuteWriter, value: GetAclResponse): void {
  output.vector(value.acl, writeAcl);
  writeStat(output, value.stat);
}

/** Answered with a `StatResponse`. */
export interface SetAclRequest {
  readonly path: string;
  readonly acl: readonly Acl[];
  /** Expected aversion; -1 for any. */
  readonly version: number;
}

/** Reads a {@link SetAclRequest}. */
export function readSetAclRequest(input: JuteReader): SetAclRequest {
  return { path: input.text(), acl: input.vector(readAcl), version: input.int() };
}

/** Writes a {@link SetAclRequest}. */
export function writeSetAclRequest(output: JuteWriter, value: SetAclRequest): void {
  output.string(value.path);
  output.vector(value.acl, writeAcl);
  output.int(value.version);
}
