import type { Acl } from '../acl.ts';
import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { readStat, type Stat, writeStat } from './stat.ts';

export function readAcl(input: JuteReader): Acl {
  return { permissions: input.int(), scheme: input.text(), id: input.text() };
}

export function writeAcl(output: JuteWriter, value: Acl): void {
  output.int(value.permissions);
  output.string(value.scheme);
  output.string(value.id);
}

export interface GetAclRequest {
  readonly path: string;
}

export function readGetAclRequest(input: JuteReader): GetAclRequest {
  return { path: input.text() };
}

export function writeGetAclRequest(output: JuteWriter, value: GetAclRequest): void {
  output.string(value.path);
}

export interface GetAclResponse {
  readonly acl: readonly Acl[];
  readonly stat: Stat;
}

export function readGetAclResponse(input: JuteReader): GetAclResponse {
  return { acl: input.vector(readAcl), stat: readStat(input) };
}

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

export function readSetAclRequest(input: JuteReader): SetAclRequest {
  return { path: input.text(), acl: input.vector(readAcl), version: input.int() };
}

export function writeSetAclRequest(output: JuteWriter, value: SetAclRequest): void {
  output.string(value.path);
  output.vector(value.acl, writeAcl);
  output.int(value.version);
}
