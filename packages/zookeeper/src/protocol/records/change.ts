import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** Answered with a header only. */
export interface DeleteRequest {
  readonly path: string;
  /** Expected version; -1 for any. */
  readonly version: number;
}

/** Reads a {@link DeleteRequest}. */
export function readDeleteRequest(input: JuteReader): DeleteRequest {
  return { path: input.path(), version: input.int() };
}

/** Writes a {@link DeleteRequest}. */
export function writeDeleteRequest(output: JuteWriter, value: DeleteRequest): void {
  output.string(value.path);
  output.int(value.version);
}

/** Answered with a `StatResponse`. */
export interface SetDataRequest {
  readonly path: string;
  readonly data: Buffer | null;
  /** Expected version; -1 for any. */
  readonly version: number;
}

/** Reads a {@link SetDataRequest}. */
export function readSetDataRequest(input: JuteReader): SetDataRequest {
  return { path: input.text(), data: input.buffer(), version: input.int() };
}

/** Writes a {@link SetDataRequest}. */
export function writeSetDataRequest(output: JuteWriter, value: SetDataRequest): void {
  output.string(value.path);
  output.buffer(value.data);
  output.int(value.version);
}

/** A condition within a multi. */
export interface CheckVersionRequest {
  readonly path: string;
  /** Expected version; -1 for any. */
  readonly version: number;
}

/** Reads a {@link CheckVersionRequest}. */
export function readCheckVersionRequest(input: JuteReader): CheckVersionRequest {
  return { path: input.text(), version: input.int() };
}

/** Writes a {@link CheckVersionRequest}. */
export function writeCheckVersionRequest(output: JuteWriter, value: CheckVersionRequest): void {
  output.string(value.path);
  output.int(value.version);
}

/** Asks the server to catch up with the leader before it answers. */
export interface SyncRequest {
  readonly path: string;
}

/** Reads a {@link SyncRequest}. */
export function readSyncRequest(input: JuteReader): SyncRequest {
  return { path: input.text() };
}

/** Writes a {@link SyncRequest}. */
export function writeSyncRequest(output: JuteWriter, value: SyncRequest): void {
  output.string(value.path);
}

/** The path asked for. */
export interface SyncResponse {
  readonly path: string;
}

/** Reads a {@link SyncResponse}. */
export function readSyncResponse(input: JuteReader): SyncResponse {
  return { path: input.text() };
}

/** Writes a {@link SyncResponse}. */
export function writeSyncResponse(output: JuteWriter, value: SyncResponse): void {
  output.string(value.path);
}
