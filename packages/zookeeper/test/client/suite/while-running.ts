import assert from 'node:assert/strict';
import { after, before } from 'node:test';

/**
 * Starts something before the tests of a `describe` and ends it after them. What it gives asks for it, and is only
 * to be called within tests: suites are told who their server is before there is one.
 */
export function whileRunning<T extends AsyncDisposable>(start: () => Promise<T>): () => T {
  let running: T | undefined;
  before(async () => {
    running = await start();
  });
  after(() => running?.[Symbol.asyncDispose]());
  return () => {
    assert.ok(running !== undefined);
    return running;
  };
}

/** The same for something that belongs to what was started before it. */
export function once<T>(find: () => Promise<T | undefined>): () => T {
  let found: T | undefined;
  before(async () => {
    found = await find();
  });
  return () => {
    assert.ok(found !== undefined);
    return found;
  };
}
