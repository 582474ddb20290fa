import {
  createModeFlags,
  MAX_TTL_MS,
  OpCode,
  writeCreateRequest,
  writeCreateTtlRequest,
  writeDeleteRequest,
  writeSetAclRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import type { RequestWords } from './request-words.ts';
import { request, type ScriptedRequest } from './scripted-request.ts';

/** What every kind of create needs. */
export function createValue(words: RequestWords) {
  const flags = words.one([0, 0, 0, 1, 1, 2, 3, 0, 4, 5, 7, -1]);
  return { path: words.target(), data: words.data(), acl: words.acl(), flags };
}

export function create(words: RequestWords): ScriptedRequest {
  const op = words.one([OpCode.create, OpCode.create2, OpCode.createContainer]);
  const value = createValue(words);
  if (op === OpCode.createContainer) value.flags = createModeFlags('container');
  return request(op, `create(${op})`, value, (output) => writeCreateRequest(output, value));
}

export function createTtl(words: RequestWords): ScriptedRequest {
  const ttlMs = words.one([100_000, 0, -1, MAX_TTL_MS, 3_600_000]);
  const value = { ...createValue(words), flags: words.one([5, 6]), ttlMs };
  return request(OpCode.createTTL, 'createTTL', value, (output) =>
    writeCreateTtlRequest(output, value),
  );
}

export function remove(words: RequestWords): ScriptedRequest {
  const value = { path: words.target(), version: words.version() };
  return request(OpCode.delete, 'delete', value, (output) => writeDeleteRequest(output, value));
}

export function setData(words: RequestWords): ScriptedRequest {
  const value = { path: words.target(), data: words.data(), version: words.version() };
  return request(OpCode.setData, 'setData', value, (output) => writeSetDataRequest(output, value));
}

export function setAcl(words: RequestWords): ScriptedRequest {
  const value = { path: words.ownPath(), acl: words.acl(), version: words.version() };
  return request(OpCode.setACL, 'setACL', value, (output) => writeSetAclRequest(output, value));
}
