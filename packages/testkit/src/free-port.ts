import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port on loopback that was free a moment ago. Only for programs that cannot listen on port 0
 * and say which port they got; another process may take it before they do.
 */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no TCP address');
  return port;
}

/** As {@link freePort}, several at once and each another one. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const addresses = servers.map((server) => server.address());
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return addresses.map((address) => {
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return address.port;
  });
}
