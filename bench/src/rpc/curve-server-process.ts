import { RpcProvider } from '@mpim/mprpc';
import { EchoDefinition } from './echo-definition.ts';
import { measureUsage, type Usage } from './usage.ts';

/** Many instances of the echo, each with a port of its own, in one process. */
const [count = '1'] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
process.once('message', async () => {
  const ports: number[] = [];
  for (let index = 0; index < Number(count); index++) {
    const provider = new RpcProvider();
    provider.notifyService(EchoDefinition, {
      echo: async (request) => request,
      async *stream() {},
    });
    ports.push((await provider.run()).port);
  }
  // As in server-process.ts: a round begins with one message and ends with the next.
  let ended: (() => Usage) | undefined;
  process.on('message', () => {
    const usage = ended?.();
    ended = usage === undefined ? measureUsage() : undefined;
    process.send?.(usage ?? 'measuring');
  });
  process.send?.(ports);
});
