import { type ApacheMode, ApacheNode, type ApacheSettings } from './apache-node.ts';
import { freePorts } from './free-port.ts';
import { waitFor } from './wait-for.ts';

/** How an {@link ApacheEnsemble} is built. */
export interface ApacheEnsembleOptions {
  /** How many servers; three unless told. */
  nodes?: number;
  /** Lines added to every `zoo.cfg`. */
  settings?: ApacheSettings;
  /** Options of the JVMs besides those that keep them small, e.g. `['-Dreadonlymode.enabled=true']`. */
  java?: readonly string[];
}

/**
 * Some Apache ZooKeepers of Debian's package that elect a leader and follow it. Ticks are short, so that a
 * dead leader is replaced within about a second, a stalled one within about three.
 *
 * @example
 * await using ensemble = await ApacheEnsemble.start({ nodes: 3 });
 * const leader = await ensemble.leader();
 * await leader.kill();
 * await ensemble.leader(); // another one
 */
export class ApacheEnsemble implements AsyncDisposable {
  readonly nodes: readonly ApacheNode[];

  private constructor(nodes: readonly ApacheNode[]) {
    this.nodes = nodes;
  }

  /** Starts the servers and waits until all of them serve. */
  static async start(options: ApacheEnsembleOptions = {}): Promise<ApacheEnsemble> {
    const { nodes: count = 3, settings = {}, java = [] } = options;
    const ports = await freePorts(count * 3);
    const port = (index: number): number => ports[index] ?? 0;
    const peers: ApacheSettings = {};
    for (let i = 0; i < count; i++) {
      peers[`server.${i + 1}`] = `127.0.0.1:${port(count + i)}:${port(2 * count + i)}`;
    }
    await using starting = new AsyncDisposableStack();
    const nodes: ApacheNode[] = [];
    for (let i = 0; i < count; i++) {
      const node = await ApacheNode.launch({
        id: i + 1,
        port: port(i),
        settings: { initLimit: 10, syncLimit: 4, ...peers, ...settings },
        // Several small servers at once: they must start quickly rather than run fast.
        java: ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...java],
      });
      nodes.push(starting.use(node));
    }
    await Promise.all(nodes.map((node) => node.serving()));
    starting.move();
    return new ApacheEnsemble(nodes);
  }

  /** All servers, for a client. */
  get connectString(): string {
    return this.nodes.map((node) => node.connectString).join(',');
  }

  /** The server that leads now; waits for an election to end. */
  leader(): Promise<ApacheNode> {
    return waitFor(
      async () => {
        const modes = await this.#modes();
        // A leader that has lost its followers may go on saying so for a moment.
        if (modes.filter(isOfQuorum).length <= this.nodes.length / 2) return;
        return this.nodes[modes.indexOf('leader')];
      },
      { timeoutMs: 30_000, intervalMs: 50, what: 'a leader' },
    );
  }

  /** The servers that follow now; waits until there is a leader with a quorum. */
  async followers(): Promise<ApacheNode[]> {
    await this.leader();
    const modes = await this.#modes();
    return this.nodes.filter((_, index) => modes[index] === 'follower');
  }

  /** Waits until no server takes writes: too few are left. */
  async quorumLost(): Promise<void> {
    await waitFor(async () => !(await this.#modes()).some(isOfQuorum), {
      timeoutMs: 30_000,
      intervalMs: 50,
      what: 'the quorum to be lost',
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #modes() {
    return Promise.all(this.nodes.map((node) => node.mode()));
  }
}

function isOfQuorum(mode: ApacheMode): boolean {
  return mode === 'leader' || mode === 'follower';
}
