import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { test } from 'node:test';
import { OWASP_ARGON2ID, PasswordHasher } from '../../src/passwords/password-hasher.ts';
import { formatPhc, parsePhc } from '../../src/passwords/phc-string.ts';

test('a hash is argon2id with the parameters OWASP asks for, in PHC format, salted anew each time', async () => {
  const hasher = new PasswordHasher();
  const [one, two] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(one, two);
  const parsed = parsePhc(one);
  assert.ok(parsed);
  assert.equal(formatPhc(parsed), one);
  const { memory, passes, parallelism, salt, hash } = parsed;
  const again = argon2Sync('argon2id', {
    message: 'secret',
    nonce: salt,
    memory,
    passes,
    parallelism,
    tagLength: hash.length,
  });
  assert.deepEqual(again, hash);
});

test('only the same password verifies; composed and decomposed letters are the same', async () => {
  const hasher = new PasswordHasher();
  const stored = await hasher.hash('caf\u00e9');
  assert.equal(await hasher.verify('caf\u00e9', stored), true);
  assert.equal(await hasher.verify('cafe\u0301', stored), true);
  assert.equal(await hasher.verify('cafe', stored), false);
  assert.equal(await hasher.verify('', stored), false);
});

test('a hash made with other parameters still verifies', async () => {
  const older = new PasswordHasher({ ...OWASP_ARGON2ID, memory: 1_024, passes: 3 });
  const stored = await older.hash('secret');
  assert.equal(await new PasswordHasher().verify('secret', stored), true);
});

test('an unknown user costs an argon2 too, and never verifies', async () => {
  const hasher = new PasswordHasher(OWASP_ARGON2ID, 1);
  const stored = await hasher.hash('secret');
  const time = async (hash: string | undefined) => {
    const start = performance.now();
    assert.equal(await hasher.verify('wrong', hash), false);
    return performance.now() - start;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let round = 0; round < 5; round++) {
    known.push(await time(stored));
    unknown.push(await time(undefined));
  }
  // The fastest of several: what the machine does beside can only make it slower. Without the hash it would be a
  // thousandth.
  const ratio = Math.min(...unknown) / Math.min(...known);
  assert.ok(ratio > 0.1 && ratio < 10, `unknown/known took ${ratio}`);
});

test('what is no PHC string of argon2id is not read', () => {
  for (const text of [
    '',
    'secret',
    '$argon2i$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  ]) {
    assert.equal(parsePhc(text), undefined);
  }
});
