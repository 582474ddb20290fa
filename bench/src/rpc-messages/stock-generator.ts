import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TemporaryFolder } from '@mpim/testkit';

const root = join(import.meta.dirname, '../../..');
const bin = join(root, 'node_modules/.bin');

/** The options of buf.gen.yaml that concern what is encoded. */
const OPTIONS = [
  'outputServices=generic-definitions',
  'oneof=unions-value',
  'forceLong=number',
  'useOptionals=none',
  'importSuffix=.ts',
  'esModuleInterop=true',
];

/** Generates proto/ with ts-proto alone, encoders and decoders included; resolves with the folder of the modules. */
export async function generateWithStock(folder: TemporaryFolder): Promise<string> {
  const plugin = { local: 'protoc-gen-ts_proto', out: folder.path, opt: OPTIONS };
  const template = JSON.stringify({ version: 'v2', plugins: [plugin] });
  await promisify(execFile)(join(bin, 'buf'), ['generate', 'proto', '--template', template], {
    cwd: root,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
  });
  // Where the modules find the runtime of ts-proto.
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  return join(folder.path, 'mpim/v1');
}
