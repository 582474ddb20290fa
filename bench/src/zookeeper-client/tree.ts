import { ZooKeeperClient } from '@mpim/zookeeper';
import { DATA_BYTES } from './round.ts';

const CHILDREN = 20;
const IN_FLIGHT = 1000;

/** The nodes that the subjects work on, and a broom for those they create. */
export class Tree implements AsyncDisposable {
  readonly #zk: ZooKeeperClient;
  #rounds = 0;

  private constructor(zk: ZooKeeperClient) {
    this.#zk = zk;
  }

  static async start(connectString: string): Promise<Tree> {
    return new Tree(await ZooKeeperClient.connect({ connectString }));
  }

  /**
   * Makes what one subject reads and writes, and returns its path: `node` with data, `parent` with twenty
   * children, and `watched` with `watched` nodes.
   */
  async folder(name: string, watched: number): Promise<string> {
    const folder = `/bench-${name.replaceAll(/[^a-z]+/gi, '-')}`;
    const data = Buffer.alloc(DATA_BYTES, 'x');
    for (const path of [folder, `${folder}/parent`, `${folder}/watched`]) {
      await this.#zk.create(path, null);
    }
    await this.#zk.create(`${folder}/node`, data);
    for (let i = 0; i < CHILDREN; i++) await this.#zk.create(`${folder}/parent/child-${i}`, null);
    const nodes = Array.from({ length: watched }, (_, i) => `${folder}/watched/n${i}`);
    await Promise.all(nodes.map((path) => this.#zk.create(path, data)));
    return folder;
  }

  /** A node to create nodes below; {@link sweep} it afterwards. */
  async empty(folder: string): Promise<string> {
    return (await this.#zk.create(`${folder}/c${this.#rounds++}`, null)).path;
  }

  /** Deletes what was created below an {@link empty} node, and the node. */
  async sweep(parent: string): Promise<void> {
    const { children } = await this.#zk.children(parent);
    for (let at = 0; at < children.length; at += IN_FLIGHT) {
      const some = children.slice(at, at + IN_FLIGHT);
      await Promise.all(some.map((name) => this.#zk.delete(`${parent}/${name}`)));
    }
    await this.#zk.delete(parent);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#zk.close();
  }
}
