import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Child, freePort, startChild, waitFor } from '@mpim/testkit';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The whole of MPIM, started as a user starts it. */
export class System implements AsyncDisposable {
  readonly dataDir: string;
  readonly zookeeperPort: number;
  readonly gatewayPort: number;
  #child: Child;

  private constructor(dataDir: string, zookeeperPort: number, gatewayPort: number) {
    this.dataDir = dataDir;
    this.zookeeperPort = zookeeperPort;
    this.gatewayPort = gatewayPort;
    this.#child = this.#launch();
  }

  static async start(dataDir: string): Promise<System> {
    const system = new System(dataDir, await freePort(), await freePort());
    await system.#up();
    return system;
  }

  get gateway(): string {
    return `ws://127.0.0.1:${this.gatewayPort}`;
  }

  get address(): string {
    return `http://127.0.0.1:${this.gatewayPort}`;
  }

  get output(): string {
    return this.#child.output();
  }

  /** Presses Ctrl-C and waits for the end. (npm itself then ends by SIGINT, as its shell does.) */
  async interrupt(): Promise<void> {
    this.#child.kill('SIGINT');
    await waitFor(() => !this.#child.running, {
      timeoutMs: 20_000,
      what: `the end after Ctrl-C; it said:\n${this.output}`,
    });
    await this.#child.exit;
  }

  /** Starts it again on the same data and ports. */
  async startAgain(): Promise<void> {
    this.#child = this.#launch();
    await this.#up();
  }

  /** The process that serves `service` (or is `zookeeper`) now. */
  async pidOf(service: string): Promise<number | undefined> {
    const marks =
      service === 'zookeeper'
        ? [' zookeeper ', `--port ${this.zookeeperPort} `]
        : [` serve ${service} `, `127.0.0.1:${this.zookeeperPort} `];
    const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
    const line = stdout.split('\n').find((one) => marks.every((mark) => one.includes(mark)));
    return line === undefined ? undefined : Number.parseInt(line, 10);
  }

  /** Kills a service without warning and waits until another process has taken its place. */
  async killService(service: string): Promise<void> {
    const pid = await waitFor(() => this.pidOf(service), { what: `a process for ${service}` });
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => ![undefined, pid].includes(await this.pidOf(service)), {
      timeoutMs: 20_000,
      intervalMs: 50,
      what: `${service} to be started again`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.running) await this.interrupt().catch(() => {});
    await this.#child[Symbol.asyncDispose]();
  }

  #launch(): Child {
    const flags = {
      '--data-dir': this.dataDir,
      '--zookeeper-port': this.zookeeperPort,
      '--gateway-port': this.gatewayPort,
    };
    const args = Object.entries(flags).flatMap(([flag, value]) => [flag, String(value)]);
    return startChild('npm', ['start', '--', ...args], { cwd: root, group: true });
  }

  async #up(): Promise<void> {
    await waitFor(
      async () => {
        if (!this.#child.running) return true;
        return (await fetch(`${this.address}/`)).ok;
      },
      { timeoutMs: 60_000, intervalMs: 100, what: `the gateway; it said:\n${this.output}` },
    );
    if (!this.#child.running) throw new Error(`the system ended:\n${this.output}`);
  }
}
