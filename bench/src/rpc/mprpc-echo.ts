import {
  RpcChannel,
  type RpcChannelOptions,
  RpcProvider,
  type RpcProviderOptions,
  StaticResolver,
  TlsTransport,
} from '@mpim/mprpc';
import { channelRules, commonSettings, providerRules, rpcMetrics } from '@mpim/service-kit';
import { Registry } from 'prom-client';
import { EchoDefinition } from './echo-definition.ts';
import {
  decodeStreamRequest,
  type EchoSubject,
  encodeStreamRequest,
  TLS_NAME,
} from './echo-subject.ts';

/** What one way of using mprpc switches on; made anew for each process. */
export interface Use {
  provider(): RpcProviderOptions;
  channel(): Omit<RpcChannelOptions, 'resolver'>;
}

/** The default deadline of five seconds on every call, and the histograms that services keep, on both sides. */
export const mprpcEcho = echoOver({
  provider: () => ({ observer: rpcMetrics(new Registry(), 'server') }),
  channel: () => ({ observer: rpcMetrics(new Registry(), 'client') }),
});

const SECRET = 'a secret that these two processes share';

/**
 * As the services run it: the same, and a shared secret, their balancer with zone and slow start, circuit breaker,
 * limits of concurrency on both sides and load shedding, all by the default settings.
 */
export const mprpcServiceEcho = echoOver({
  provider: () => ({
    observer: rpcMetrics(new Registry(), 'server'),
    authentication: { secrets: [SECRET] },
    ...providerRules(commonSettings.parse({})),
  }),
  channel: () => ({
    observer: rpcMetrics(new Registry(), 'client'),
    authentication: { secret: SECRET },
    ...channelRules(commonSettings.parse({})),
  }),
});

/** Echoes over mprpc, used in one of these ways. */
export function echoOver(use: Use): EchoSubject {
  return {
    async serve(tls) {
      const provider = new RpcProvider({
        ...use.provider(),
        ...(tls === undefined ? {} : { transport: new TlsTransport(tls) }),
      });
      // Handlers are asynchronous, as real ones are.
      provider.notifyService(EchoDefinition, {
        echo: async (request) => request,
        async *stream(request) {
          const { messages, bytes } = decodeStreamRequest(request);
          const message = Buffer.alloc(bytes, 'x');
          for (let sent = 0; sent < messages; sent++) yield message;
        },
      });
      const { port } = await provider.run();
      return { echo: port, stream: port };
    },

    connect({ echo: port }, tls) {
      const channel = new RpcChannel({
        ...use.channel(),
        resolver: new StaticResolver([{ host: '127.0.0.1', port }]),
        ...(tls === undefined
          ? {}
          : { transport: new TlsTransport({ ca: tls.ca, serverName: TLS_NAME }) }),
      });
      const client = channel.client(EchoDefinition);
      return {
        echo: client.echo,
        async stream(request) {
          let messages = 0;
          for await (const _ of client.stream(encodeStreamRequest(request))) messages++;
          return messages;
        },
      };
    },
  };
}
