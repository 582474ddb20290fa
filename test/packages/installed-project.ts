import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type TemporaryFolder, temporaryFolder } from '@mpim/testkit';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** One line of what `npm run pack` made. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Where the tarball is. */
  readonly file: string;
}

/** Builds all packages into a folder. */
export async function pack(folder: string): Promise<Tarball[]> {
  const args = [join(root, 'scripts/run.mjs'), 'pack', '--json', '--to', folder];
  const { stdout } = await run(process.execPath, args, { timeout: 200_000 });
  return JSON.parse(stdout);
}

/** A project of somebody else, in an empty folder outside the repository, with packages of ours installed. */
export class InstalledProject implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** `npm install TARBALL…`; `online` when they need packages of others, too. */
  static async create(
    tarballs: readonly Tarball[],
    { online = false } = {},
  ): Promise<InstalledProject> {
    const project = new InstalledProject(await temporaryFolder('mpim-installed'));
    await project.write('package.json', '{ "private": true }\n');
    const network = online ? '--prefer-offline' : '--offline';
    const files = tarballs.map(({ file }) => file);
    await run('npm', ['install', network, '--no-audit', '--no-fund', ...files], {
      cwd: project.path,
      timeout: 200_000,
    });
    return project;
  }

  get path(): string {
    return this.#folder.path;
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.path, file)), { recursive: true });
    await writeFile(join(this.path, file), text);
  }

  /** Runs a file of the project; resolves with what it prints. Rejects unless it ends by itself, and well. */
  node(file: string): Promise<string> {
    return this.run([file]);
  }

  /** Runs a program in TypeScript, as {@link node} does a file. */
  typeScript(code: string): Promise<string> {
    return this.run(['--input-type=module-typescript', '--eval', code]);
  }

  /** Runs Node with these arguments, and another Node than this one if told so. */
  async run(args: readonly string[], node = process.execPath): Promise<string> {
    const { stdout } = await run(node, args, { cwd: this.path, timeout: 60_000 });
    return stdout;
  }

  /** Compiles a file of the project as strictly as can be. Rejects with what the compiler has to say. */
  async compile(file: string, options: Record<string, unknown>): Promise<void> {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'ES2022',
      ...options,
    };
    await this.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [file] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', this.path]).catch((error) => {
      throw new Error(`${file} with ${JSON.stringify(options)}:\n${error.stdout}`);
    });
  }

  /** Makes the repository's own `@types/node` available, as if it were installed. */
  async addNodeTypes(): Promise<void> {
    await mkdir(join(this.path, 'node_modules/@types'), { recursive: true });
    const target = join(root, 'node_modules/@types/node');
    await symlink(target, join(this.path, 'node_modules/@types/node'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
