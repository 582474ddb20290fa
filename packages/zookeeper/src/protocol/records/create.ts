import type { Acl } from '../acl.ts';
import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { readAcl, writeAcl } from './acl.ts';
import { readStat, type Stat, writeStat } from './stat.ts';

/** Body of create, create2 and createContainer. */
export interface CreateRequest {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  /** See `createModeFlags`. */
  readonly flags: number;
}

export function readCreateRequest(input: JuteReader): CreateRequest {
  return {
    path: input.text(),
    data: input.buffer(),
    acl: input.vector(readAcl),
    flags: input.int(),
  };
}

export function writeCreateRequest(output: JuteWriter, value: CreateRequest): void {
  output.string(value.path);
  output.buffer(value.data);
  output.vector(value.acl, writeAcl);
  output.int(value.flags);
}

/** Body of createTTL. */
export interface CreateTtlRequest extends CreateRequest {
  /** Time to live in ms: above 0 and below `MAX_TTL_MS`. */
  readonly ttlMs: number;
}

export function readCreateTtlRequest(input: JuteReader): CreateTtlRequest {
  return { ...readCreateRequest(input), ttlMs: input.longNumber() };
}

export function writeCreateTtlRequest(output: JuteWriter, value: CreateTtlRequest): void {
  writeCreateRequest(output, value);
  output.longNumber(value.ttlMs);
}

/** Answer of create. */
export interface CreateResponse {
  /** The path created, with its counter if sequential. */
  readonly path: string;
}

export function readCreateResponse(input: JuteReader): CreateResponse {
  return { path: input.text() };
}

export function writeCreateResponse(output: JuteWriter, value: CreateResponse): void {
  output.string(value.path);
}

/** Answer of create2, createContainer and createTTL. */
export interface Create2Response {
  readonly path: string;
  readonly stat: Stat;
}

export function readCreate2Response(input: JuteReader): Create2Response {
  return { path: input.text(), stat: readStat(input) };
}

export function writeCreate2Response(output: JuteWriter, value: Create2Response): void {
  output.string(value.path);
  writeStat(output, value.stat);
}
