import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** Body of a notification (xid -1). */
export interface WatcherEvent {
  /** An `EventType`. */
  readonly type: number;
  /** A `KeeperState`. */
  readonly state: number;
  readonly path: string;
}

/** Reads a {@link WatcherEvent}. */
export function readWatcherEvent(input: JuteReader): WatcherEvent {
  return { type: input.int(), state: input.int(), path: input.text() };
}

/** Writes a {@link WatcherEvent}. */
export function writeWatcherEvent(output: JuteWriter, value: WatcherEvent): void {
  output.int(value.type);
  output.int(value.state);
  output.string(value.path);
}

/** Arms one-shot watches anew on a new connection; sent with xid -8, answered with a header only. */
export interface SetWatchesRequest {
  /** Changes after this transaction are reported at once. */
  readonly relativeZxid: bigint;
  /** Watches on data of nodes that were there. */
  readonly dataWatches: readonly string[];
  /** Watches left by exists on nodes that were not there. */
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}

/** Reads a {@link SetWatchesRequest}. */
export function readSetWatchesRequest(input: JuteReader): SetWatchesRequest {
  return {
    relativeZxid: input.long(),
    dataWatches: input.texts(),
    existWatches: input.texts(),
    childWatches: input.texts(),
  };
}

/** Writes a {@link SetWatchesRequest}. */
export function writeSetWatchesRequest(output: JuteWriter, value: SetWatchesRequest): void {
  output.long(value.relativeZxid);
  output.strings(value.dataWatches);
  output.strings(value.existWatches);
  output.strings(value.childWatches);
}

/** As {@link SetWatchesRequest}, with the watches that stay. */
export interface SetWatches2Request extends SetWatchesRequest {
  readonly persistentWatches: readonly string[];
  readonly persistentRecursiveWatches: readonly string[];
}

/** Reads a {@link SetWatches2Request}. */
export function readSetWatches2Request(input: JuteReader): SetWatches2Request {
  return {
    ...readSetWatchesRequest(input),
    persistentWatches: input.texts(),
    persistentRecursiveWatches: input.texts(),
  };
}

/** Writes a {@link SetWatches2Request}. */
export function writeSetWatches2Request(output: JuteWriter, value: SetWatches2Request): void {
  writeSetWatchesRequest(output, value);
  output.strings(value.persistentWatches);
  output.strings(value.persistentRecursiveWatches);
}

/** Answered with an `ErrorResponse` of 0. */
export interface AddWatchRequest {
  readonly path: string;
  /** An `AddWatchMode`. */
  readonly mode: number;
}

/** Reads an {@link AddWatchRequest}. */
export function readAddWatchRequest(input: JuteReader): AddWatchRequest {
  return { path: input.text(), mode: input.int() };
}

/** Writes an {@link AddWatchRequest}. */
export function writeAddWatchRequest(output: JuteWriter, value: AddWatchRequest): void {
  output.string(value.path);
  output.int(value.mode);
}

/** Body of removeWatches and checkWatches; answered with a header only. */
export interface RemoveWatchesRequest {
  readonly path: string;
  /** A `WatcherType`. */
  readonly type: number;
}

/** Reads a {@link RemoveWatchesRequest}. */
export function readRemoveWatchesRequest(input: JuteReader): RemoveWatchesRequest {
  return { path: input.text(), type: input.int() };
}

/** Writes a {@link RemoveWatchesRequest}. */
export function writeRemoveWatchesRequest(output: JuteWriter, value: RemoveWatchesRequest): void {
  output.string(value.path);
  output.int(value.type);
}
