import { createSecureServer, createServer } from 'node:http2';
import { create, createFileRegistry } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import {
  type BytesValueSchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node';
import {
  decodeStreamRequest,
  type EchoSubject,
  encodeStreamRequest,
  TLS_NAME,
} from './echo-subject.ts';

const BYTES = '.google.protobuf.BytesValue';
const WRAPPERS = file_google_protobuf_wrappers;

type BytesMethod<K extends 'unary' | 'server_streaming'> = {
  methodKind: K;
  input: typeof BytesValueSchema;
  output: typeof BytesValueSchema;
};

/** Connect knows messages only by their descriptors: the bytes are the one field of a BytesValue. */
const EchoService = echoService();

function echoService(): GenService<{
  echo: BytesMethod<'unary'>;
  stream: BytesMethod<'server_streaming'>;
}> {
  const file = create(FileDescriptorProtoSchema, {
    name: 'bench/echo.proto',
    package: 'bench',
    syntax: 'proto3',
    dependency: [WRAPPERS.proto.name],
    service: [
      {
        name: 'EchoRpc',
        method: [
          { name: 'Echo', inputType: BYTES, outputType: BYTES },
          { name: 'Stream', inputType: BYTES, outputType: BYTES, serverStreaming: true },
        ],
      },
    ],
  });
  const registry = createFileRegistry(file, (name) =>
    name === WRAPPERS.proto.name ? WRAPPERS : undefined,
  );
  const service = registry.getService('bench.EchoRpc');
  if (service === undefined) throw new Error('bench/echo.proto has no service');
  return service as ReturnType<typeof echoService>;
}

/** `@connectrpc/connect-node` with gRPC's protocol, and a deadline of five seconds on every call. */
export const connectEcho: EchoSubject = {
  async serve(tls) {
    const handler = connectNodeAdapter({
      connect: false,
      grpcWeb: false,
      routes: (router) =>
        router.service(EchoService, {
          echo: async (request) => request,
          async *stream(request) {
            const { messages, bytes } = decodeStreamRequest(request.value);
            const message = { value: Buffer.alloc(bytes, 'x') };
            for (let sent = 0; sent < messages; sent++) yield message;
          },
        }),
    });
    const server =
      tls === undefined ? createServer(handler) : createSecureServer({ ...tls }, handler);
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    return { echo: port, stream: port };
  },

  connect({ echo: port }, tls) {
    const transport = createGrpcTransport({
      baseUrl: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
      defaultTimeoutMs: 5000,
      ...(tls === undefined ? {} : { nodeOptions: { ca: tls.ca, servername: TLS_NAME } }),
    });
    const client = createClient(EchoService, transport);
    return {
      echo: async (payload) => (await client.echo({ value: payload })).value,
      async stream(request) {
        let messages = 0;
        for await (const _ of client.stream({ value: encodeStreamRequest(request) })) messages++;
        return messages;
      },
    };
  },
};
