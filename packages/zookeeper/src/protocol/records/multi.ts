import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** Stands before each operation and each result of a multi, and, with `done`, at the end. */
export interface MultiHeader {
  /** An `OpCode`; -1 for an error result and at the end. */
  readonly type: number;
  readonly done: boolean;
  /** An `ErrorCode`; -1 in requests and at the end. */
  readonly error: number;
}

/** Ends a multi request or response. */
export const MULTI_END: MultiHeader = Object.freeze({ type: -1, done: true, error: -1 });

/** Reads a {@link MultiHeader}. */
export function readMultiHeader(input: JuteReader): MultiHeader {
  return { type: input.int(), done: input.bool(), error: input.int() };
}

/** Writes a {@link MultiHeader}. */
export function writeMultiHeader(output: JuteWriter, value: MultiHeader): void {
  output.int(value.type);
  output.bool(value.done);
  output.int(value.error);
}

/** A failed operation within a multi, and the answer of addWatch. */
export interface ErrorResponse {
  /** An `ErrorCode`. */
  readonly error: number;
}

/** Reads an {@link ErrorResponse}. */
export function readErrorResponse(input: JuteReader): ErrorResponse {
  return { error: input.int() };
}

/** Writes an {@link ErrorResponse}. */
export function writeErrorResponse(output: JuteWriter, value: ErrorResponse): void {
  output.int(value.error);
}
