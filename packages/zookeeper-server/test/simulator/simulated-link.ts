import type * as client from '@mpim/zookeeper';
import { type End, Lane } from './simulated-lane.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { ClientEnd, type SimulatedSocket } from './simulated-sockets.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

/** One connection from a client to a server. */
export class Link {
  readonly clientName: string;
  readonly clientProcess: SimulatedProcess;
  serverProcess: SimulatedProcess | null = null;
  readonly #network: SimulatedNetwork;
  readonly #client: ClientEnd;
  #server: SimulatedSocket | null = null;
  readonly toServer: Lane;
  readonly toClient: Lane;

  constructor(
    network: SimulatedNetwork,
    process: SimulatedProcess,
    name: string,
    handlers: client.TransportHandlers,
    heard: (link: Link, chunk: Buffer) => void,
  ) {
    this.#network = network;
    this.clientProcess = process;
    this.clientName = name;
    this.#client = new ClientEnd(this, handlers, heard);
    this.toServer = new Lane(network, () => this.#serverEnd());
    this.toClient = new Lane(network, () => this.#client);
  }

  get clientSocket() {
    return this.#client;
  }

  get time(): VirtualTime {
    return this.#network.time;
  }

  /** Sends the first packet. */
  begin(arrive: () => void): void {
    this.time.after(this.#network.delay(), arrive);
  }

  accepted(process: SimulatedProcess, socket: SimulatedSocket): void {
    this.serverProcess = process;
    this.#server = socket;
    this.time.after(this.#network.delay(), () =>
      this.clientProcess.receive(() => this.#client.connected()),
    );
  }

  refuse(): void {
    this.time.after(this.#network.delay(), () =>
      this.clientProcess.receive(() => this.#client.closed(new Error('ECONNREFUSED'))),
    );
  }

  /** Ends the connection for both, who hear of it in their own time. What is under way is lost. */
  cut(): void {
    this.toServer.break();
    this.toClient.break();
    const server = this.#server;
    this.time.after(this.#network.delay(), () =>
      this.clientProcess.receive(() => this.#client.closed(new Error('ECONNRESET'))),
    );
    if (server === null) return;
    this.time.after(this.#network.delay(), () => server.process?.receive(() => server.closed()));
  }

  /** The server's end is gone and nobody tells the client. */
  loseServer(): void {
    this.toServer.break();
    this.toClient.break();
    const server = this.#server;
    server?.process?.receive(() => server.closed());
  }

  hold(direction: 'to-server' | 'to-client' | 'both'): void {
    if (direction !== 'to-client') this.toServer.hold();
    if (direction !== 'to-server') this.toClient.hold();
  }

  release(): void {
    this.toServer.release();
    this.toClient.release();
    this.#server?.drained();
  }

  /** One end is done with it. */
  left(by: 'client' | 'server'): void {
    (by === 'client' ? this.toServer : this.toClient).end();
    if (this.#client.isClosed) this.#network.forget(this);
  }

  #serverEnd(): End | null {
    const socket = this.#server;
    const process = this.serverProcess;
    if (socket === null || process === null) return null;
    return {
      process,
      received: (chunk) => socket.received(chunk),
      closed: () => socket.closed(),
    };
  }
}
