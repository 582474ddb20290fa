import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CLASS_PATH = '/usr/share/java/zookeeper.jar';

/**
 * Compiles the Java subject against the jar of Debian's package `zookeeper` into `folder`.
 *
 * @returns the arguments for `java` to run it. Rejects when there is no compiler.
 */
export async function compiledJavaPeer(folder: string): Promise<string[]> {
  const source = join(import.meta.dirname, 'BenchClient.java');
  await promisify(execFile)('javac', ['-cp', CLASS_PATH, '-d', folder, source]);
  return ['-Xmx256m', '-cp', `${folder}:${CLASS_PATH}`, 'BenchClient'];
}
