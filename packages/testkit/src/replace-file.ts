import { rename, writeFile } from 'node:fs/promises';

/** Writes a file whole or not at all, as certbot and Kubernetes replace certificates. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
