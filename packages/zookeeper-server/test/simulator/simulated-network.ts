import type * as client from '@mpim/zookeeper';
import type { ServerSocket, Transport, TransportDoor } from '@mpim/zookeeper-server';
import type { Dice } from '../support/dice.ts';
import { Link } from './simulated-link.ts';
import { SimulatedSocket } from './simulated-sockets.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

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
        const before = this.#doors.get(port);
        if (before?.isOpen && !before.process.isDead) throw new Error('EADDRINUSE');
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
