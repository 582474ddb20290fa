import { ProtocolError } from '../errors.ts';
import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { OpCode } from '../op-code.ts';
import {
  type Create2Response,
  type CreateResponse,
  readCreate2Response,
  readCreateResponse,
  writeCreate2Response,
  writeCreateResponse,
} from './create.ts';
import {
  type ErrorResponse,
  MULTI_END,
  readErrorResponse,
  readMultiHeader,
  writeErrorResponse,
  writeMultiHeader,
} from './multi.ts';
import {
  type GetChildrenResponse,
  type GetDataResponse,
  readGetChildrenResponse,
  readGetDataResponse,
  writeGetChildrenResponse,
  writeGetDataResponse,
} from './read.ts';
import { readStatResponse, type StatResponse, writeStatResponse } from './stat.ts';

/**
 * One result of a multi or multiRead. Clients go by the type of the result, not of the operation:
 * servers before 3.8.2 answer create2 with `create` (ZOOKEEPER-4026).
 */
export type MultiResponseItem =
  | { readonly type: typeof OpCode.error; readonly response: ErrorResponse }
  | { readonly type: typeof OpCode.create; readonly response: CreateResponse }
  | { readonly type: typeof OpCode.create2; readonly response: Create2Response }
  | { readonly type: typeof OpCode.delete | typeof OpCode.check }
  | { readonly type: typeof OpCode.setData; readonly response: StatResponse }
  | { readonly type: typeof OpCode.getData; readonly response: GetDataResponse }
  | { readonly type: typeof OpCode.getChildren; readonly response: GetChildrenResponse };

/** Answer of multi and multiRead: one result per operation, in their order. */
export interface MultiResponse {
  readonly results: readonly MultiResponseItem[];
}

/** Throws `ProtocolError` `UNKNOWN_OPERATION` for a result that no multi can hold. */
export function readMultiResponse(input: JuteReader): MultiResponse {
  const results: MultiResponseItem[] = [];
  for (let header = readMultiHeader(input); !header.done; header = readMultiHeader(input)) {
    results.push(readItem(input, header.type));
  }
  return { results };
}

/** Writes a {@link MultiResponse}. */
export function writeMultiResponse(output: JuteWriter, value: MultiResponse): void {
  for (const result of value.results) {
    const error = result.type === OpCode.error ? result.response.error : 0;
    writeMultiHeader(output, { type: result.type, done: false, error });
    writeItem(output, result);
  }
  writeMultiHeader(output, MULTI_END);
}

function readItem(input: JuteReader, type: number): MultiResponseItem {
  switch (type) {
    case OpCode.error:
      return { type, response: readErrorResponse(input) };
    case OpCode.create:
      return { type, response: readCreateResponse(input) };
    case OpCode.create2:
      return { type, response: readCreate2Response(input) };
    case OpCode.delete:
    case OpCode.check:
      return { type };
    case OpCode.setData:
      return { type, response: readStatResponse(input) };
    case OpCode.getData:
      return { type, response: readGetDataResponse(input) };
    case OpCode.getChildren:
      return { type, response: readGetChildrenResponse(input) };
    default:
      throw new ProtocolError('UNKNOWN_OPERATION', `a multi cannot hold a result of type ${type}`);
  }
}

function writeItem(output: JuteWriter, item: MultiResponseItem): void {
  switch (item.type) {
    case OpCode.error:
      writeErrorResponse(output, item.response);
      break;
    case OpCode.create:
      writeCreateResponse(output, item.response);
      break;
    case OpCode.create2:
      writeCreate2Response(output, item.response);
      break;
    case OpCode.delete:
    case OpCode.check:
      break;
    case OpCode.setData:
      writeStatResponse(output, item.response);
      break;
    case OpCode.getData:
      writeGetDataResponse(output, item.response);
      break;
    case OpCode.getChildren:
      writeGetChildrenResponse(output, item.response);
      break;
  }
}
