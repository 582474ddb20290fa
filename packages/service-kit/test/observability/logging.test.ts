import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../src/index.ts';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    service: 'user',
    instance: 'user-1',
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { logger, lines };
}

test('a line is one JSON object that names level, time, name and instance', () => {
  const { logger, lines } = capture();
  logger.info({ port: 7 }, 'listening');
  logger.debug('not written');
  assert.equal(lines.length, 1);
  const { time, ...line } = JSON.parse(lines[0] ?? '');
  assert.deepEqual(line, {
    level: 'info',
    name: 'user',
    instance: 'user-1',
    port: 7,
    msg: 'listening',
  });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
});

test('secrets never reach the log, however deep, in bindings, arrays or errors', () => {
  const { logger, lines } = capture();
  const secret = 'correct horse';
  const error = Object.assign(new Error('refused'), { code: 'E', request: { token: secret } });
  const child = logger.child({ sessionToken: secret });
  child.error({ err: error, password: secret, call: { list: [{ Authorization: secret }] } }, 'no');
  child.error(Object.assign(new Error('alone'), { password: secret }));
  const text = lines.join('');
  assert.ok(!text.includes(secret), text);
  assert.match(text, /refused/);
  assert.match(text, /"code":"E"/);
  assert.match(text, /"list":\[\{"Authorization":"\[redacted\]"\}\]/);
});
