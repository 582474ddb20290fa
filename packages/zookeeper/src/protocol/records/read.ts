import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { readStat, type Stat, writeStat } from './stat.ts';

/** Body of exists, getData, getChildren and getChildren2. */
export interface PathWatchRequest {
  readonly path: string;
  /** Whether to leave a one-shot watch. */
  readonly watch: boolean;
}

/** Reads a {@link PathWatchRequest}. */
export function readPathWatchRequest(input: JuteReader): PathWatchRequest {
  return { path: input.path(), watch: input.bool() };
}

/** Writes a {@link PathWatchRequest}. */
export function writePathWatchRequest(output: JuteWriter, value: PathWatchRequest): void {
  output.string(value.path);
  output.bool(value.watch);
}

/** Answer of getData. */
export interface GetDataResponse {
  readonly data: Buffer | null;
  readonly stat: Stat;
}

/** Reads a {@link GetDataResponse}. */
export function readGetDataResponse(input: JuteReader): GetDataResponse {
  return { data: input.buffer(), stat: readStat(input) };
}

/** Writes a {@link GetDataResponse}. */
export function writeGetDataResponse(output: JuteWriter, value: GetDataResponse): void {
  output.buffer(value.data);
  writeStat(output, value.stat);
}

/** Answer of getChildren. */
export interface GetChildrenResponse {
  /** Names, in no order. */
  readonly children: readonly string[];
}

/** Reads a {@link GetChildrenResponse}. */
export function readGetChildrenResponse(input: JuteReader): GetChildrenResponse {
  return { children: input.texts() };
}

/** Writes a {@link GetChildrenResponse}. */
export function writeGetChildrenResponse(output: JuteWriter, value: GetChildrenResponse): void {
  output.strings(value.children);
}

/** Answer of getChildren2. */
export interface GetChildren2Response {
  /** Names, in no order. */
  readonly children: readonly string[];
  readonly stat: Stat;
}

/** Reads a {@link GetChildren2Response}. */
export function readGetChildren2Response(input: JuteReader): GetChildren2Response {
  return { children: input.texts(), stat: readStat(input) };
}

/** Writes a {@link GetChildren2Response}. */
export function writeGetChildren2Response(output: JuteWriter, value: GetChildren2Response): void {
  output.strings(value.children);
  writeStat(output, value.stat);
}

/** Asks for the ephemerals of the own session. */
export interface GetEphemeralsRequest {
  /** Textual prefix; null, empty or `/` for all of the session's. */
  readonly prefixPath: string | null;
}

/** Reads a {@link GetEphemeralsRequest}. */
export function readGetEphemeralsRequest(input: JuteReader): GetEphemeralsRequest {
  return { prefixPath: input.string() };
}

/** Writes a {@link GetEphemeralsRequest}. */
export function writeGetEphemeralsRequest(output: JuteWriter, value: GetEphemeralsRequest): void {
  output.string(value.prefixPath);
}

/** Paths of ephemerals. */
export interface GetEphemeralsResponse {
  readonly ephemerals: readonly string[];
}

/** Reads a {@link GetEphemeralsResponse}. */
export function readGetEphemeralsResponse(input: JuteReader): GetEphemeralsResponse {
  return { ephemerals: input.texts() };
}

/** Writes a {@link GetEphemeralsResponse}. */
export function writeGetEphemeralsResponse(output: JuteWriter, value: GetEphemeralsResponse): void {
  output.strings(value.ephemerals);
}

/** Asks how large a subtree is. */
export interface GetAllChildrenNumberRequest {
  readonly path: string;
}

/** Reads a {@link GetAllChildrenNumberRequest}. */
export function readGetAllChildrenNumberRequest(input: JuteReader): GetAllChildrenNumberRequest {
  return { path: input.path() };
}

/** Writes a {@link GetAllChildrenNumberRequest}. */
export function writeGetAllChildrenNumberRequest(
  output: JuteWriter,
  value: GetAllChildrenNumberRequest,
): void {
  output.string(value.path);
}

/** Size of a subtree. */
export interface GetAllChildrenNumberResponse {
  /** Nodes of the whole subtree below the path. */
  readonly totalNumber: number;
}

/** Reads a {@link GetAllChildrenNumberResponse}. */
export function readGetAllChildrenNumberResponse(input: JuteReader): GetAllChildrenNumberResponse {
  return { totalNumber: input.int() };
}

/** Writes a {@link GetAllChildrenNumberResponse}. */
export function writeGetAllChildrenNumberResponse(
  output: JuteWriter,
  value: GetAllChildrenNumberResponse,
): void {
  output.int(value.totalNumber);
}
