import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { ApacheEnsemble } from '@mpim/testkit';
import type { Listener, ZooKeeperServer } from '@mpim/zookeeper-server';

/** A server of an ensemble, or what is taken for one, that can be stopped and run again on its port. */
export interface Member {
  readonly port: number;
  stop(): Promise<void>;
  run(): Promise<void>;
}

/** Members that a foreign program can stop and run. */
export interface ControlledMembers extends AsyncDisposable {
  /** Takes one line per connection, `stop <n>` or `run <n>`, and answers `done` or what went wrong. */
  readonly controlPort: number;
  /** Of each member, by its number. */
  readonly ports: readonly number[];
}

/** Several doors to one of our servers, as if they were members of an ensemble. */
export async function doorsOf(server: ZooKeeperServer, count: number): Promise<readonly Member[]> {
  const doors: Listener[] = [];
  for (let i = 0; i < count; i++) doors.push(await server.listen());
  return doors.map((first) => {
    let door = first;
    const { port } = first;
    return {
      port,
      stop: () => door.stop(),
      run: async () => {
        door = await server.listen({ port });
      },
    };
  });
}

/** The servers of a real ensemble; one that is run is not waited for, as it may need the others. */
export function membersOf(ensemble: ApacheEnsemble): readonly Member[] {
  return ensemble.nodes.map((node) => {
    return { port: node.port, stop: () => node.kill(), run: () => node.relaunch() };
  });
}

/** Opens the port that the members are controlled by. */
export async function controlledMembers(members: readonly Member[]): Promise<ControlledMembers> {
  const obey = async (line: string): Promise<string> => {
    const [verb, digits] = line.split(' ');
    const member = members[Number(digits)];
    if (member === undefined) return `no member ${digits}`;
    await (verb === 'stop' ? member.stop() : member.run());
    return 'done';
  };
  const control = createServer((socket) => {
    const answer = (line: string) =>
      obey(line).then(
        (text) => socket.end(`${text}\n`),
        (error: unknown) => socket.end(`${error}\n`),
      );
    createInterface({ input: socket }).once('line', answer);
  });
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
  return {
    controlPort: (control.address() as AddressInfo).port,
    ports: members.map(({ port }) => port),
    async [Symbol.asyncDispose]() {
      const closed = once(control, 'close');
      control.close();
      await closed;
    },
  };
}
