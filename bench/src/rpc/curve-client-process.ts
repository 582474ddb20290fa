import { RpcChannel, StaticResolver } from '@mpim/mprpc';
import { EchoDefinition } from './echo-definition.ts';
import type { EchoCaller } from './echo-subject.ts';
import { type RoundRequest, round } from './round.ts';

/** What to call: so many channels, each of which knows the instances at all of these ports. For 0 ms: only connect. */
export interface CurveRequest extends RoundRequest {
  ports: readonly number[];
  /** Instances at each port. */
  copies: number;
  channels: number;
}

let open: RpcChannel[] = [];
let key = '';
let caller: EchoCaller | undefined;

async function callerOf({ ports, copies, channels }: CurveRequest): Promise<EchoCaller> {
  const wanted = `${ports.join()}/${copies}/${channels}`;
  if (caller !== undefined && wanted === key) return caller;
  await Promise.all(open.map((channel) => channel.close()));
  const instances = ports.flatMap((port) =>
    Array.from({ length: copies }, (_, copy) => ({
      id: `${port}-${copy}`,
      host: '127.0.0.1',
      port,
    })),
  );
  const resolver = new StaticResolver(instances);
  open = Array.from({ length: channels }, () => new RpcChannel({ resolver }));
  const clients = open.map((channel) => channel.client(EchoDefinition));
  await Promise.all(
    clients.flatMap((client) =>
      ports.map((port) => client.echo(Buffer.alloc(1), { instance: `${port}-0` })),
    ),
  );
  let next = 0;
  caller = {
    echo: (payload) => {
      next = (next + 1) % clients.length;
      const client = clients[next];
      if (client === undefined) throw new Error('there is no channel');
      return client.echo(payload);
    },
    stream: () => Promise.reject(new Error('the curve has no streams')),
  };
  key = wanted;
  return caller;
}

process.on('disconnect', () => process.exit());
process.on('message', async (request: CurveRequest) => {
  const caller = await callerOf(request);
  process.send?.(request.ms === 0 ? 'connected' : await round(caller, request));
});
