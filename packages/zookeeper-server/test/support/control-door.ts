import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Listener, ZooKeeperServer } from '@mpim/zookeeper-server';

/** Several doors to one server that a foreign program can shut and open, as if they were members of an ensemble. */
export interface ControlledDoors extends AsyncDisposable {
  /** Port that takes one line per connection, `stop <n>` or `run <n>`, and answers `done` or what went wrong. */
  readonly controlPort: number;
  /** Port of each door, by its number. */
  readonly ports: readonly number[];
}

/** Opens `count` doors to the server and the port they are controlled by. */
export async function controlledDoors(
  server: ZooKeeperServer,
  count: number,
): Promise<ControlledDoors> {
  const doors: Listener[] = [];
  for (let i = 0; i < count; i++) doors.push(await server.listen());
  const ports = doors.map(({ port }) => port);
  const obey = async (line: string): Promise<string> => {
    const [verb, digits] = line.split(' ');
    const number = Number(digits);
    const port = ports[number];
    if (port === undefined) return `no door ${digits}`;
    if (verb === 'stop') await doors[number]?.stop();
    else doors[number] = await server.listen({ port });
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
    ports,
    async [Symbol.asyncDispose]() {
      const closed = once(control, 'close');
      control.close();
      await closed;
    },
  };
}
