import { ApacheNode, type ApacheSettings, DEFAULT_JAVA, prepare } from './apache-node.ts';
import { freePort } from './free-port.ts';

/**
 * A real, standalone Apache ZooKeeper of Debian's package `zookeeper`, on a port and in a folder of its own.
 * Check {@link missingDebianPackage}('zookeeper') first.
 *
 * @example await using zk = await ApacheZooKeeper.start();
 */
export class ApacheZooKeeper extends ApacheNode {
  /** Starts it and waits until it serves. `java`: options of the JVM, e.g. `['-Xmx1g']`. */
  static async start(
    settings: ApacheSettings = {},
    java: readonly string[] = DEFAULT_JAVA,
  ): Promise<ApacheZooKeeper> {
    const port = await freePort();
    const server = new ApacheZooKeeper(port, await prepare({ port, settings }), java);
    try {
      await server.serving();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }
}
