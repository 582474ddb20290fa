import { OpCode, writeAuthPacket } from '@mpim/zookeeper/protocol';
import type { RequestWords } from './request-words.ts';
import { request, type ScriptedRequest } from './scripted-request.ts';

export function auth(words: RequestWords): ScriptedRequest {
  const credentials = words.one(['u:p', 'v:secret', 'nocolon', 'u:p']);
  const value = { type: 0, scheme: words.one(['digest', 'ip']), auth: Buffer.from(credentials) };
  return request(OpCode.auth, `auth ${credentials}`, value, (output) =>
    writeAuthPacket(output, value),
  );
}

/** A body that ends too soon. */
export function truncated(words: RequestWords): ScriptedRequest {
  const op = words.one([OpCode.getData, OpCode.create, OpCode.setData, OpCode.multi]);
  return request(op, `truncated(${op})`, {}, (output) => output.int(1000));
}
