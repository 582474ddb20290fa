import {
  AddWatchMode,
  OpCode,
  WatcherType,
  writeAddWatchRequest,
  writeRemoveWatchesRequest,
  writeSetWatches2Request,
  writeSetWatchesRequest,
} from '@mpim/zookeeper/protocol';
import { type RequestWords, WATCHED_PATHS } from './request-words.ts';
import { request, type ScriptedRequest } from './scripted-request.ts';

export function addWatch(words: RequestWords): ScriptedRequest {
  const path = words.one(WATCHED_PATHS);
  // One mode per path, and no one-shot watches there: older servers keep only the last.
  const mode = path === '/w/p' ? AddWatchMode.persistent : AddWatchMode.persistentRecursive;
  const value = { path: words.below(path), mode };
  return request(OpCode.addWatch, 'addWatch', value, (output) =>
    writeAddWatchRequest(output, value),
  );
}

export function removeWatches(words: RequestWords): ScriptedRequest {
  // Not checkWatches: ZooKeeper 3.8 says yes when anybody else watches the path.
  const op = OpCode.removeWatches;
  const type = words.one([WatcherType.children, WatcherType.data, WatcherType.any]);
  const value = { path: words.path(), type };
  return request(op, 'removeWatches', value, (output) => writeRemoveWatchesRequest(output, value));
}

export function setWatches(words: RequestWords): ScriptedRequest {
  const watches = {
    dataWatches: [words.path()],
    existWatches: [words.path()],
    childWatches: [words.path()],
  };
  const persistent = {
    persistentWatches: words.watch() ? [words.below('/w/p')] : [],
    persistentRecursiveWatches: words.watch() ? [words.below('/w')] : [],
  };
  // Before all, after all, or somewhere within the words.
  const since = words.one([0n, 2n ** 62n, BigInt(words.count(2000))]);
  const zxid = (baseZxid: bigint) => (since === 0n || since >> 60n > 0n ? since : baseZxid + since);
  const label = { ...watches, ...persistent, since: String(since) };
  if (words.watch()) {
    return request(OpCode.setWatches, 'setWatches', label, (output, baseZxid = 0n) =>
      writeSetWatchesRequest(output, { ...watches, relativeZxid: zxid(baseZxid) }),
    );
  }
  return request(OpCode.setWatches2, 'setWatches2', label, (output, baseZxid = 0n) =>
    writeSetWatches2Request(output, { ...watches, ...persistent, relativeZxid: zxid(baseZxid) }),
  );
}
