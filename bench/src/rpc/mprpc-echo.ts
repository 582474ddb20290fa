import { type MessageType, RpcChannel, RpcProvider, StaticResolver } from '@mpim/mprpc';
import type { Echo } from './client-process.ts';

/** Bytes as they are, as in the other subjects: the transport is measured, not a serialiser. */
const bytes: MessageType<Uint8Array> = {
  encode: (message) => ({ finish: () => message }),
  decode: (input) => input,
};

const EchoDefinition = {
  name: 'EchoRpc',
  fullName: 'bench.EchoRpc',
  methods: {
    echo: {
      name: 'Echo',
      requestType: bytes,
      requestStream: false,
      responseType: bytes,
      responseStream: false,
      options: {},
    },
  },
} as const;

/** Serves the echo; resolves with the port. The handler is asynchronous, as real ones are. */
export async function serveMprpc(): Promise<number> {
  const provider = new RpcProvider();
  provider.notifyService(EchoDefinition, { echo: async (request) => request });
  return (await provider.run()).port;
}

/** A client with the default deadline of five seconds on every call. */
export function connectMprpc(port: number): Echo {
  const resolver = new StaticResolver([{ host: '127.0.0.1', port }]);
  return new RpcChannel({ resolver }).client(EchoDefinition).echo;
}
