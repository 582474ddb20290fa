import {
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writeDeleteRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import type { RequestWords } from './request-words.ts';
import { request, type ScriptedRequest } from './scripted-request.ts';

const QUOTAS = [
  'count=3,bytes=-1',
  'count=-1,bytes=20',
  'count=2,bytes=1000=;byteHardLimit=-1;countHardLimit=4',
  'count=-1,bytes=-1=;byteHardLimit=12;countHardLimit=-1',
  'count=1,bytes=1',
] as const;
const QUOTA_PATHS = ['/a', '/b', '/a/b', '/e', ''] as const;

/** Sets, changes, reads or takes away the quota of a node, as clients do it: with ordinary nodes. */
export function quota(words: RequestWords): ScriptedRequest {
  const folder = `/zookeeper/quota${words.below(words.one(QUOTA_PATHS))}`;
  const path =
    folder + words.one(['', '/zookeeper_limits', '/zookeeper_limits', '/zookeeper_stats']);
  const text = path.endsWith('_stats') ? 'count=0,bytes=0' : words.one(QUOTAS);
  const data = Buffer.from(text);
  switch (words.count(7)) {
    case 0: {
      const value = { path, version: -1 };
      return request(OpCode.delete, 'delete', value, (out) => writeDeleteRequest(out, value));
    }
    case 1: {
      if (path.endsWith('_stats')) return quota(words);
      const value = { path, data, version: -1 };
      return request(OpCode.setData, 'setData', { path, text }, (out) =>
        writeSetDataRequest(out, value),
      );
    }
    case 2:
    case 3: {
      const value = { path, watch: words.watch() };
      return request(OpCode.getData, 'getData', value, (out) => writePathWatchRequest(out, value));
    }
    default: {
      const value = { path, data, acl: OPEN_ACL, flags: 0 };
      return request(OpCode.create2, 'create', { path, text }, (out) =>
        writeCreateRequest(out, value),
      );
    }
  }
}
