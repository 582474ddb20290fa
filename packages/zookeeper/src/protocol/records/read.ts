import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { readStat, type Stat, writeStat } from './stat.ts';

/** Body of exists, getData, getChildren and getChildren2. */
export interface PathWatchRequest {
  readonly path: string;
  /** Whether to leave a one-shot watch. */
  readonly watch: boolean;
}

export function readPathWatchRequest(input: JuteReader): PathWatchRequest {
  return { path: input.text(), watch: input.bool() };
}

export function writePathWatchRequest(output: JuteWriter, value: PathWatchRequest): void {
  output.string(value.path);
  output.bool(value.watch);
}

export interface GetDataResponse {
  readonly data: Buffer | null;
  readonly stat: Stat;
}

export function readGetDataResponse(input: JuteReader): GetDataResponse {
  return { data: input.buffer(), stat: readStat(input) };
}

export function writeGetDataResponse(output: JuteWriter, value: GetDataResponse): void {
  output.buffer(value.data);
  writeStat(output, value.stat);
}

export interface GetChildrenResponse {
  /** Names, in no order. */
  readonly children: readonly string[];
}

export function readGetChildrenResponse(input: JuteReader): GetChildrenResponse {
  return { children: input.texts() };
}

export function writeGetChildrenResponse(output: JuteWriter, value: GetChildrenResponse): void {
  output.strings(value.children);
}

export interface GetChildren2Response {
  /** Names, in no order. */
  readonly children: readonly string[];
  readonly stat: Stat;
}

export function readGetChildren2Response(input: JuteReader): GetChildren2Response {
  return { children: input.texts(), stat: readStat(input) };
}

export function writeGetChildren2Response(output: JuteWriter, value: GetChildren2Response): void {
  output.strings(value.children);
  writeStat(output, value.stat);
}

export interface GetEphemeralsRequest {
  /** Textual prefix; null, empty or `/` for all of the session's. */
  readonly prefixPath: string | null;
}

export function readGetEphemeralsRequest(input: JuteReader): GetEphemeralsRequest {
  return { prefixPath: input.string() };
}

export function writeGetEphemeralsRequest(output: JuteWriter, value: GetEphemeralsRequest): void {
  output.string(value.prefixPath);
}

export interface GetEphemeralsResponse {
  readonly ephemerals: readonly string[];
}

export function readGetEphemeralsResponse(input: JuteReader): GetEphemeralsResponse {
  return { ephemerals: input.texts() };
}

export function writeGetEphemeralsResponse(output: JuteWriter, value: GetEphemeralsResponse): void {
  output.strings(value.ephemerals);
}

export interface GetAllChildrenNumberRequest {
  readonly path: string;
}

export function readGetAllChildrenNumberRequest(input: JuteReader): GetAllChildrenNumberRequest {
  return { path: input.text() };
}

export function writeGetAllChildrenNumberRequest(
  output: JuteWriter,
  value: GetAllChildrenNumberRequest,
): void {
  output.string(value.path);
}

export interface GetAllChildrenNumberResponse {
  /** Nodes of the whole subtree below the path. */
  readonly totalNumber: number;
}

export function readGetAllChildrenNumberResponse(input: JuteReader): GetAllChildrenNumberResponse {
  return { totalNumber: input.int() };
}

export function writeGetAllChildrenNumberResponse(
  output: JuteWriter,
  value: GetAllChildrenNumberResponse,
): void {
  output.int(value.totalNumber);
}
