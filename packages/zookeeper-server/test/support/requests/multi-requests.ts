import {
  createModeFlags,
  type MultiRequestItem,
  OpCode,
  writeMultiRequest,
} from '@mpim/zookeeper/protocol';
import type { RequestWords } from './request-words.ts';
import { request, type ScriptedRequest } from './scripted-request.ts';
import { createValue } from './write-requests.ts';

export function multi(words: RequestWords): ScriptedRequest {
  const value = { operations: Array.from({ length: words.count(5) }, () => multiPart(words)) };
  return request(OpCode.multi, 'multi', value, (output) => writeMultiRequest(output, value));
}

function multiPart(words: RequestWords): MultiRequestItem {
  const path = words.target();
  const version = words.version();
  switch (words.count(6)) {
    case 0:
      return multiCreate(words);
    case 1:
      // Without flags for a time to live, which ZooKeeper cannot decode in a multi's plain create.
      return {
        type: OpCode.create,
        request: { ...createValue(words), flags: words.one([0, 0, 1, 2, 3, 7]) },
      };
    case 2:
      return { type: OpCode.delete, request: { path, version } };
    case 3:
    case 4:
      return { type: OpCode.setData, request: { path, version, data: words.data() } };
    default:
      return { type: OpCode.check, request: { path, version } };
  }
}

/** A create of a newer kind. */
function multiCreate(words: RequestWords): MultiRequestItem {
  const type = words.one([OpCode.create2, OpCode.createContainer, OpCode.createTTL]);
  const value = createValue(words);
  if (type === OpCode.createTTL) {
    const ttlMs = words.one([100_000, 0, 3_600_000]);
    return { type, request: { ...value, flags: words.one([5, 6]), ttlMs } };
  }
  const flags = type === OpCode.create2 ? words.one([0, 1, 2, 3]) : createModeFlags('container');
  return { type, request: { ...value, flags } };
}

export function multiRead(words: RequestWords): ScriptedRequest {
  const part = (): MultiRequestItem => ({
    type: words.one([OpCode.getData, OpCode.getChildren]),
    request: { path: words.path(), watch: false },
  });
  const value = { operations: Array.from({ length: words.count(4) }, part) };
  return request(OpCode.multiRead, 'multiRead', value, (output) =>
    writeMultiRequest(output, value),
  );
}
