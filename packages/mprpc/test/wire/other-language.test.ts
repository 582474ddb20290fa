import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingDebianPackage, startChild } from '@mpim/testkit';
import { RpcError } from '../../src/index.ts';
import { startProvider } from '../support/test-service.ts';

const skip = await missingDebianPackage('python3-minimal');
const script = join(import.meta.dirname, '../support/mprpc_client.py');
const SECRET = 'a secret of the tests, long enough';

/** The client written in Python from docs/mprpc-wire.md alone. */
function startPython() {
  const child = startChild('python3', [script]);
  let answered = 0;
  return {
    /** Gives one order and returns the answer to it. */
    async ask(order: object): Promise<Record<string, unknown>> {
      child.writeLine(JSON.stringify(order));
      const line = await child.waitForLine(() => child.stdout.length > answered);
      assert.ok(line !== undefined);
      return JSON.parse(child.stdout[answered++] ?? '') as Record<string, unknown>;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
