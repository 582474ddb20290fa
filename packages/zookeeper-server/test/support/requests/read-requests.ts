import {
  OpCode,
  writeGetAclRequest,
  writeGetAllChildrenNumberRequest,
  writeGetEphemeralsRequest,
  writePathWatchRequest,
  writeSyncRequest,
} from '@mpim/zookeeper/protocol';
import type { RequestWords } from './request-words.ts';
import { request, type ScriptedRequest } from './scripted-request.ts';

const PATH_READS = [
  OpCode.exists,
  OpCode.getData,
  OpCode.getChildren,
  OpCode.getChildren2,
] as const;

export function getAcl(words: RequestWords): ScriptedRequest {
  const value = { path: words.path() };
  return request(OpCode.getACL, 'getACL', value, (output) => writeGetAclRequest(output, value));
}

export function read(words: RequestWords): ScriptedRequest {
  const op = words.one(PATH_READS);
  const value = { path: words.path(), watch: words.watch() };
  return request(op, `read(${op})`, value, (output) => writePathWatchRequest(output, value));
}

export function ephemerals(words: RequestWords): ScriptedRequest {
  const value = { prefixPath: words.one(['/', words.below('/a'), '', words.below('/q')]) };
  return request(OpCode.getEphemerals, 'getEphemerals', value, (output) =>
    writeGetEphemeralsRequest(output, value),
  );
}

export function allChildren(words: RequestWords): ScriptedRequest {
  const value = { path: words.path() };
  return request(OpCode.getAllChildrenNumber, 'getAllChildrenNumber', value, (output) =>
    writeGetAllChildrenNumberRequest(output, value),
  );
}

export function whoAmI(words: RequestWords): ScriptedRequest {
  return request(OpCode.whoAmI, 'whoAmI', {}, () => words.path());
}

export function sync(words: RequestWords): ScriptedRequest {
  const value = { path: words.path() };
  return request(OpCode.sync, 'sync', value, (output) => writeSyncRequest(output, value));
}
