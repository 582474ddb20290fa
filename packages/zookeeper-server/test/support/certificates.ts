import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '@mpim/testkit';

/** Runs `openssl`, which must succeed. */
export async function openssl(...args: string[]): Promise<void> {
  await using child = startChild('openssl', args);
  assert.equal(await child.exit, 0, child.output());
}

/** A certificate that vouches for itself, and its key, PEM; also in `<name>.crt` and `<name>.key`. */
export async function certificate(
  folder: string,
  name: string,
  subject: string,
): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await openssl('req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}
