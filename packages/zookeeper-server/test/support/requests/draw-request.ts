import { multi, multiRead } from './multi-requests.ts';
import { auth, truncated } from './odd-requests.ts';
import { quota } from './quota-requests.ts';
import { allChildren, ephemerals, getAcl, read, sync, whoAmI } from './read-requests.ts';
import type { RequestWords } from './request-words.ts';
import type { ScriptedRequest } from './scripted-request.ts';
import { addWatch, removeWatches, setWatches } from './watch-requests.ts';
import { create, createTtl, remove, setAcl, setData } from './write-requests.ts';

type MakeRequest = (words: RequestWords) => ScriptedRequest;

/** What comes more often stands here more often. */
const REQUESTS: readonly [MakeRequest, ...MakeRequest[]] = [
  create,
  create,
  create,
  create,
  createTtl,
  remove,
  remove,
  setData,
  setData,
  setAcl,
  getAcl,
  read,
  read,
  read,
  read,
  multi,
  multi,
  multiRead,
  addWatch,
  removeWatches,
  setWatches,
  ephemerals,
  allChildren,
  whoAmI,
  sync,
  auth,
  truncated,
];

/** Draws a request of any kind. */
export function drawRequest(words: RequestWords): ScriptedRequest {
  if (words.quotas && words.chance(15)) return quota(words);
  return words.one(REQUESTS)(words);
}
