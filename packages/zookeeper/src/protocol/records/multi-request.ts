import { ProtocolError } from '../errors.ts';
import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';
import { OpCode } from '../op-code.ts';
import {
  type CheckVersionRequest,
  type DeleteRequest,
  readCheckVersionRequest,
  readDeleteRequest,
  readSetDataRequest,
  type SetDataRequest,
  writeCheckVersionRequest,
  writeDeleteRequest,
  writeSetDataRequest,
} from './change.ts';
import {
  type CreateRequest,
  type CreateTtlRequest,
  readCreateRequest,
  readCreateTtlRequest,
  writeCreateRequest,
  writeCreateTtlRequest,
} from './create.ts';
import { MULTI_END, readMultiHeader, writeMultiHeader } from './multi.ts';
import { type PathWatchRequest, readPathWatchRequest, writePathWatchRequest } from './read.ts';

/** One operation of a multi (writes and checks) or a multiRead (getData and getChildren). */
export type MultiRequestItem =
  | {
      readonly type: typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer;
      readonly request: CreateRequest;
    }
  | { readonly type: typeof OpCode.createTTL; readonly request: CreateTtlRequest }
  | { readonly type: typeof OpCode.delete; readonly request: DeleteRequest }
  | { readonly type: typeof OpCode.setData; readonly request: SetDataRequest }
  | { readonly type: typeof OpCode.check; readonly request: CheckVersionRequest }
  | {
      readonly type: typeof OpCode.getData | typeof OpCode.getChildren;
      readonly request: PathWatchRequest;
    };

/** Body of multi and multiRead. */
export interface MultiRequest {
  readonly operations: readonly MultiRequestItem[];
}

/** Throws `ProtocolError` `UNKNOWN_OPERATION` for an operation that no multi can hold. */
export function readMultiRequest(input: JuteReader): MultiRequest {
  const operations: MultiRequestItem[] = [];
  for (let header = readMultiHeader(input); !header.done; header = readMultiHeader(input)) {
    operations.push(readItem(input, header.type));
  }
  return { operations };
}

/** Writes a {@link MultiRequest}. */
export function writeMultiRequest(output: JuteWriter, value: MultiRequest): void {
  for (const operation of value.operations) {
    writeMultiHeader(output, { type: operation.type, done: false, error: -1 });
    writeItem(output, operation);
  }
  writeMultiHeader(output, MULTI_END);
}

function readItem(input: JuteReader, type: number): MultiRequestItem {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return { type, request: readCreateRequest(input) };
    case OpCode.createTTL:
      return { type, request: readCreateTtlRequest(input) };
    case OpCode.delete:
      return { type, request: readDeleteRequest(input) };
    case OpCode.setData:
      return { type, request: readSetDataRequest(input) };
    case OpCode.check:
      return { type, request: readCheckVersionRequest(input) };
    case OpCode.getData:
    case OpCode.getChildren:
      return { type, request: readPathWatchRequest(input) };
    default:
      throw new ProtocolError('UNKNOWN_OPERATION', `a multi cannot hold operation ${type}`);
  }
}

function writeItem(output: JuteWriter, item: MultiRequestItem): void {
  switch (item.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      writeCreateRequest(output, item.request);
      break;
    case OpCode.createTTL:
      writeCreateTtlRequest(output, item.request);
      break;
    case OpCode.delete:
      writeDeleteRequest(output, item.request);
      break;
    case OpCode.setData:
      writeSetDataRequest(output, item.request);
      break;
    case OpCode.check:
      writeCheckVersionRequest(output, item.request);
      break;
    case OpCode.getData:
    case OpCode.getChildren:
      writePathWatchRequest(output, item.request);
      break;
  }
}
