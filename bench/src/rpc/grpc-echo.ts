import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import {
  decodeStreamRequest,
  type EchoSubject,
  encodeStreamRequest,
  TLS_NAME,
  type TlsFiles,
} from './echo-subject.ts';

const same = (bytes: Buffer): Buffer => bytes;
const method = {
  requestStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const echo = { ...method, path: '/bench.EchoRpc/Echo', responseStream: false };
const stream = { ...method, path: '/bench.EchoRpc/Stream', responseStream: true };

/** `@grpc/grpc-js`, with a deadline of five seconds on every call with one answer. */
export const grpcEcho: EchoSubject = {
  async serve(tls) {
    const server = new Server();
    server.addService(
      { echo, stream },
      {
        echo: (
          call: { request: Buffer },
          callback: (error: Error | null, response: Buffer) => void,
        ) => callback(null, call.request),
        stream: sendStream,
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', serverCredentials(tls), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return { echo: port, stream: port };
  },

  connect({ echo: port }, tls) {
    const client = new Client(
      `127.0.0.1:${port}`,
      tls === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(tls.ca)),
      { 'grpc.ssl_target_name_override': TLS_NAME },
    );
    return {
      echo: (payload) =>
        new Promise((resolve, reject) => {
          const deadline = Date.now() + 5000;
          client.makeUnaryRequest<Buffer, Buffer>(
            echo.path,
            same,
            same,
            payload,
            { deadline },
            (error, response) => {
              if (response === undefined) reject(error ?? new Error('no response'));
              else resolve(response);
            },
          );
        }),
      async stream(request) {
        const { path } = stream;
        const bytes = encodeStreamRequest(request);
        let messages = 0;
        for await (const _ of client.makeServerStreamRequest(path, same, same, bytes)) messages++;
        return messages;
      },
    };
  },
};

async function sendStream(call: ServerWritableStream<Buffer, Buffer>): Promise<void> {
  const { messages, bytes } = decodeStreamRequest(call.request);
  const message = Buffer.alloc(bytes, 'x');
  for (let sent = 0; sent < messages; sent++) {
    if (!call.write(message)) await new Promise((resolve) => call.once('drain', resolve));
  }
  call.end();
}

function serverCredentials(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return ServerCredentials.createSsl(null, [pair]);
}
