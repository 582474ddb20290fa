import { type Child, startChild } from './child.ts';
import { missingDebianPackages } from './debian-package.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

const JARS = [
  'curator-recipes',
  'curator-framework',
  'curator-client',
  'curator-x-discovery',
  'zookeeper',
  'zookeeper-jute',
  'guava',
  'slf4j-api',
  'slf4j-nop',
  'netty-all',
  'jackson-core',
  'jackson-databind',
  'jackson-annotations',
  'metrics-core',
].map((name) => `/usr/share/java/${name}.jar`);

/** Programs in Java on Apache Curator, its recipes and its service discovery (Debian's packages). */
export class CuratorPrograms implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Why there can be none; undefined when all they need is there. As `missingDebianPackage`. */
  static missing(): Promise<string | undefined> {
    return missingDebianPackages(
      'default-jdk-headless',
      'libcurator-recipes-java',
      'libcurator-discovery-java',
    );
  }

  /** Compiles these files. Rejects with what the compiler says. */
  static async compile(sources: readonly string[]): Promise<CuratorPrograms> {
    const programs = new CuratorPrograms(await temporaryFolder('curator'));
    const { path } = programs.#folder;
    const args = ['-nowarn', '-d', path, '-cp', programs.#classPath, ...sources];
    await using compiler = startChild('javac', args);
    if ((await compiler.exit) === 0) return programs;
    await programs[Symbol.asyncDispose]();
    throw new Error(compiler.output());
  }

  /** Runs the class of this name. Dispose of what it gives. */
  start(name: string, args: readonly string[]): Child {
    const flags = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', this.#classPath];
    return startChild('java', [...flags, name, ...args]);
  }

  get #classPath(): string {
    return [this.#folder.path, ...JARS].join(':');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
