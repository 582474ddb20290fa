import { EventEmitter } from 'node:events';
import type * as client from '@mpim/zookeeper';
import type { ServerSocket, Transport, TransportDoor } from '@mpim/zookeeper-server';
import type { Dice } from '../support/dice.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

/** One end of a connection. */
interface End {
  readonly process: SimulatedProcess;
  received(chunk: Buffer): void;
  /** The peer has ended the connection, or it was cut. */
  closed(): void;
}

interface Door {
  readonly process: SimulatedProcess;
  readonly accept: (socket: ServerSocket) => void;
  readonly sockets: Set<SimulatedSocket>;
  isOpen: boolean;
}

/** How the network behaves at the moment. */
export interface NetworkWeather {
  /** Ms that a packet is under way, at the least and at the most. */
  delayMs: readonly [number, number];
  /** Of a hundred packets so many arrive in two parts. */
  splitPercent: number;
}

/**
 * Connections between simulated processes. Bytes arrive in order and late; packets of different connections
 * overtake each other; a connection can be cut, also within a frame, held up, or lose its other end without a word.
 */
export class SimulatedNetwork {
  weather: NetworkWeather = { delayMs: [0.1, 2], splitPercent: 10 };
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly #doors = new Map<number, Door>();
  readonly #links = new Set<Link>();
  #nextPort = 40_000;

  constructor(time: VirtualTime, dice: Dice) {
    this.time = time;
    this.dice = dice;
  }

  /** The connections there are; a half-open one counts. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** The network as a server in this process sees it. */
  forServer(process: SimulatedProcess): Transport {
    return {
      listen: async ({ port }, accept) => {
        if (this.#doors.get(port)?.process.isDead === false) throw new Error('EADDRINUSE');
        const door: Door = { process, accept, sockets: new Set(), isOpen: true };
        this.#doors.set(port, door);
        return new SimulatedDoor(port, door);
      },
    };
  }

  /** The network as a client in this process sees it; `heard` gets a copy of everything that arrives. */
  forClient(
    process: SimulatedProcess,
    name: string,
    heard: (link: Link, chunk: Buffer) => void,
  ): client.Transport {
    return {
      connect: ({ port }, handlers) => {
        const link = new Link(this, process, name, handlers, heard);
        this.#links.add(link);
        link.begin(() => this.#knock(port, link));
        return link.clientSocket;
      },
    };
  }

  forget(link: Link): void {
    this.#links.delete(link);
  }

  /** Time for one packet. */
  delay(): number {
    return this.dice.between(...this.weather.delayMs);
  }

  /** The system of a killed process closes its connections; one whose power has failed says nothing. */
  ended(process: SimulatedProcess, how: 'killed' | 'power failure'): void {
    for (const link of this.links) {
      if (link.serverProcess !== process) continue;
      if (how === 'killed') link.cut();
      else link.loseServer();
    }
  }

  #knock(port: number, link: Link): void {
    const door = this.#doors.get(port);
    if (door === undefined || door.process.isDead || !door.isOpen) {
      link.refuse();
      return;
    }
    const socket = new SimulatedSocket(link, this.#nextPort++);
    link.accepted(door.process, socket);
    door.process.receive(() => {
      door.sockets.add(socket);
      socket.on('close', () => door.sockets.delete(socket));
      door.accept(socket);
    });
  }
}

class SimulatedDoor implements TransportDoor {
  readonly port: number;
  readonly #door: Door;

  constructor(port: number, door: Door) {
    this.port = port;
    this.#door = door;
  }

  dropConnections(): void {
    for (const socket of [...this.#door.sockets]) socket.destroy();
  }

  async close(): Promise<void> {
    this.#door.isOpen = false;
    const open = [...this.#door.sockets];
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.on('close', resolve))));
  }
}

/** One direction of a connection. */
class Lane {
  readonly #network: SimulatedNetwork;
  readonly #to: () => End | null;
  /** No packet arrives before the one that was sent before it. */
  #freeAt = 0;
  #isHeld = false;
  #isBroken = false;
  #heldBack: (() => void)[] = [];
  #heldBytes = 0;
  #bytesUntilCut: { left: number; cut: () => void } | null = null;

  constructor(network: SimulatedNetwork, to: () => End | null) {
    this.#network = network;
    this.#to = to;
  }

  /** Bytes that do not get on. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  send(bytes: Uint8Array): void {
    const { dice, weather } = this.#network;
    const parts = Buffer.from(bytes);
    const at = dice.chance(weather.splitPercent) ? dice.below(parts.length) : 0;
    for (const part of [parts.subarray(0, at), parts.subarray(at)]) {
      if (part.length > 0) this.#sendPart(part);
    }
  }

  /** Tells the other end, behind all that was sent, that there is no more. */
  end(): void {
    this.#transmit(0, () => {
      this.#isBroken = true;
      const end = this.#to();
      end?.process.receive(() => end.closed());
    });
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    const heldBack = this.#heldBack;
    this.#heldBack = [];
    this.#heldBytes = 0;
    for (const send of heldBack) send();
  }

  /** Loses what is under way, and all that is sent from now on. */
  break(): void {
    this.#isBroken = true;
    this.#heldBack = [];
  }

  /** Lets so many more bytes arrive. */
  cutAfter(bytes: number, cut: () => void): void {
    this.#bytesUntilCut = { left: bytes, cut };
  }

  #sendPart(part: Buffer): void {
    this.#transmit(part.length, () => {
      const limit = this.#bytesUntilCut;
      const arriving = limit === null ? part : part.subarray(0, limit.left);
      const end = this.#to();
      if (arriving.length > 0) end?.process.receive(() => end.received(arriving));
      if (limit === null) return;
      limit.left -= arriving.length;
      if (limit.left > 0) return;
      this.#isBroken = true;
      limit.cut();
    });
  }

  #transmit(bytes: number, arrive: () => void): void {
    if (this.#isBroken) return;
    if (this.#isHeld) {
      this.#heldBytes += bytes;
      this.#heldBack.push(() => this.#transmit(bytes, arrive));
      return;
    }
    const { time } = this.#network;
    this.#freeAt = Math.max(this.#freeAt, time.now + this.#network.delay());
    time.after(this.#freeAt - time.now, () => {
      if (!this.#isBroken) arrive();
    });
  }
}

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

/** The client's end: what its transport gives it. */
class ClientEnd implements End {
  isClosed = false;
  readonly #link: Link;
  readonly #handlers: client.TransportHandlers;
  readonly #heard: (link: Link, chunk: Buffer) => void;
  #isPaused = false;
  #unread: Buffer[] = [];

  constructor(
    link: Link,
    handlers: client.TransportHandlers,
    heard: (link: Link, chunk: Buffer) => void,
  ) {
    this.#link = link;
    this.#handlers = handlers;
    this.#heard = heard;
  }

  get process(): SimulatedProcess {
    return this.#link.clientProcess;
  }

  write(chunk: Buffer): void {
    if (!this.isClosed) this.#link.toServer.send(chunk);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const unread = this.#unread;
    this.#unread = [];
    for (const chunk of unread) this.received(chunk);
  }

  destroy(): void {
    this.#link.time.after(0, () => this.process.receive(() => this.closed(undefined)));
  }

  connected(): void {
    if (!this.isClosed) this.#handlers.connected();
  }

  received(chunk: Buffer): void {
    if (this.isClosed) return;
    if (this.#isPaused) {
      this.#unread.push(chunk);
      return;
    }
    this.#heard(this.#link, chunk);
    this.#handlers.received(chunk);
  }

  closed(cause?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#link.left('client');
    this.#handlers.closed(cause);
  }
}

/** The server's end, with as much of a `net.Socket` as a server needs. */
class SimulatedSocket extends EventEmitter implements ServerSocket {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort: number;
  readonly #link: Link;
  #isPaused = false;
  #isClosed = false;
  #unread: Buffer[] = [];

  constructor(link: Link, remotePort: number) {
    super();
    this.#link = link;
    this.remotePort = remotePort;
  }

  get process(): SimulatedProcess | null {
    return this.#link.serverProcess;
  }

  get writableLength(): number {
    return this.#link.toClient.heldBytes;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#link.toClient.send(bytes);
  }

  end(bytes: Uint8Array | string): void {
    this.write(Buffer.from(bytes));
    this.destroySoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // As with a real socket not from within the call.
    this.#link.time.after(0, () => this.process?.receive(() => this.#readOn()));
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  destroy(): void {
    this.#link.time.after(0, () => this.process?.receive(() => this.closed()));
  }

  destroySoon(): void {
    this.destroy();
  }

  received(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#unread.push(chunk);
    this.#readOn();
  }

  #readOn(): void {
    while (!this.#isPaused && !this.#isClosed) {
      const chunk = this.#unread.shift();
      if (chunk === undefined) return;
      this.emit('data', chunk);
    }
  }

  /** What was held back has been taken. */
  drained(): void {
    this.process?.receive(() => {
      if (!this.#isClosed) this.emit('drain');
    });
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#link.left('server');
    this.emit('close');
  }
}
