import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Child, startChild, type TemporaryFolder, temporaryFolder } from '@mpim/testkit';
import type { DataNode } from '../../../src/tree/data-node.ts';
import type { DataTree } from '../../../src/tree/data-tree.ts';

const JAR = '/usr/share/java/zookeeper.jar';
const SOURCE = join(import.meta.dirname, 'ApacheRecovery.java');

/** What a server has when it has recovered a data directory, one fact a line. */
export type Findings = readonly string[];

/** A Java process in which Apache ZooKeeper recovers one data directory after the other. */
export class ApacheRecovery implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly #java: Child;
  #answers = 0;

  private constructor(folder: TemporaryFolder, java: Child) {
    this.#folder = folder;
    this.#java = java;
  }

  static async start(): Promise<ApacheRecovery> {
    const folder = await temporaryFolder('apache-recovery');
    const { path } = folder;
    await using compiler = startChild('javac', ['-nowarn', '-d', path, '-cp', JAR, SOURCE]);
    assert.equal(await compiler.exit, 0, compiler.output());
    const flags = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-Dzookeeper.extendedTypesEnabled=true'];
    const args = [...flags, '-cp', `${path}:${JAR}`, 'ApacheRecovery'];
    return new ApacheRecovery(folder, startChild('java', args));
  }

  /** What Apache ZooKeeper makes of a data directory that no server has open. */
  async recover(dataDir: string): Promise<Findings> {
    const findings = join(this.#folder.path, 'findings');
    this.#java.writeLine(`${dataDir} ${findings}`);
    await this.#java.waitForLine(/^done$/, 60_000, this.#answers++);
    return (await readFile(findings, 'utf8')).trimEnd().split('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#java.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** The findings that a tree and its sessions should give. */
export function expectedFindings(tree: DataTree, sessions: ReadonlyMap<bigint, number>): Findings {
  const lines: string[] = [];
  for (const [path, node] of tree.entries()) lines.push(describeNode(path, node));
  for (const [id, timeoutMs] of sessions) {
    lines.push(`session ${id} timeout ${timeoutMs}`);
    lines.push(`ephemerals of ${id} ${list(tree.index.ephemeralsOf(id))}`);
  }
  for (const path of tree.index.containers.keys()) lines.push(`container ${path}`);
  for (const path of tree.index.ttls.keys()) lines.push(`ttl ${path}`);
  return [
    ...lines.sort(),
    `zxid ${tree.lastZxid} digest ${tree.digest?.value} nodes ${tree.nodeCount}`,
    'digest mismatches 0, snapshot digest compared',
  ];
}

function describeNode(path: string, node: DataNode): string {
  const { data, acl } = node;
  const acls = acl.map(({ permissions, scheme, id }) => `${permissions}:${scheme}:${id}`);
  return (
    `node ${path} data ${data === null ? 'null' : `${data.length}:${crc32(data)}`}` +
    ` c ${node.czxid} m ${node.mzxid} p ${node.pzxid} ctime ${node.ctime} mtime ${node.mtime}` +
    ` versions ${node.version} ${node.cversion} ${node.aversion}` +
    ` owner ${node.ephemeralOwner} acl [${acls.join(', ')}] children ${list(node.children)}`
  );
}

function list(names: Iterable<string>): string {
  return `[${[...names].sort().join(', ')}]`;
}
