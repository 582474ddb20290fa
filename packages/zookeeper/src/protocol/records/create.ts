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

/** Reads a {@link CreateRequest}. */
export function readCreateRequest(input: JuteReader): CreateRequest {
  return {
    path: input.path(),
    data: input.buffer(),
    acl: input.vector(readAcl),
    flags: input.int(),
  };
}

/** Writes a {@link CreateRequest}. */
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

/** Reads a {@link CreateTtlRequest}. */
export function readCreateTtlRequest(input: JuteReader): CreateTtlRequest {
  return { ...readCreateRequest(input), ttlMs: input.longNumber() };
}

/** Writes a {@link CreateTtlRequest}. */
export function writeCreateTtlRequest(output: JuteWriter, value: CreateTtlRequest): void {
  writeCreateRequest(output, value);
  output.longNumber(value.ttlMs);
}

/** Answer of create. */
export interface CreateResponse {
  /** The path created, with its counter if sequential. */
  readonly path: string;
}

/** Reads a {@link CreateResponse}. */
export function readCreateResponse(input: JuteReader): CreateResponse {
  return { path: input.text() };
}

/** Writes a {@link CreateResponse}. */
export function writeCreateResponse(output: JuteWriter, value: CreateResponse): void {
  output.string(value.path);
}

/** Answer of create2, createContainer and createTTL. */
export interface Create2Response {
  readonly path: string;
  readonly stat: Stat;
}

/** Reads a {@link Create2Response}. */
export function readCreate2Response(input: JuteReader): Create2Response {
  return { path: input.text(), stat: readStat(input) };
}

/** Writes a {@link Create2Response}. */
export function writeCreate2Response(output: JuteWriter, value: Create2Response): void {
  output.string(value.path);
  writeStat(output, value.stat);
}
