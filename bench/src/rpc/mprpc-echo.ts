import {
  type MessageType,
  RpcChannel,
  RpcProvider,
  StaticResolver,
  TlsTransport,
} from '@mpim/mprpc';
import { rpcMetrics } from '@mpim/service-kit';
import { Registry } from 'prom-client';
import {
  decodeStreamRequest,
  type EchoSubject,
  encodeStreamRequest,
  TLS_NAME,
} from './echo-subject.ts';

/** Bytes as they are, as in the other subjects: the transport is measured, not a serialiser. */
export const bytesType: MessageType<Uint8Array> = {
  encode: (message) => ({ finish: () => message }),
  decode: (input) => input,
};

/** The service of this benchmark. */
export const EchoDefinition = {
  name: 'EchoRpc',
  fullName: 'bench.EchoRpc',
  methods: {
    echo: {
      name: 'Echo',
      requestType: bytesType,
      requestStream: false,
      responseType: bytesType,
      responseStream: false,
      options: {},
    },
    stream: {
      name: 'Stream',
      requestType: bytesType,
      requestStream: false,
      responseType: bytesType,
      responseStream: true,
      options: {},
    },
  },
} as const;

/**
 * As the services use it: the default deadline of five seconds on every call, and the histograms that they keep of
 * all calls, on both sides. Handlers are asynchronous, as real ones are.
 */
export const mprpcEcho: EchoSubject = {
  async serve(tls) {
    const provider = new RpcProvider({
      observer: rpcMetrics(new Registry(), 'server'),
      ...(tls === undefined ? {} : { transport: new TlsTransport(tls) }),
    });
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
      resolver: new StaticResolver([{ host: '127.0.0.1', port }]),
      observer: rpcMetrics(new Registry(), 'client'),
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
