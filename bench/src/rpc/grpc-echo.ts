import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Echo } from './client-process.ts';

const PATH = '/bench.EchoRpc/Echo';
const same = (bytes: Buffer): Buffer => bytes;

/** Serves the echo; resolves with the port. */
export function serveGrpc(): Promise<number> {
  const server = new Server();
  server.addService(
    {
      echo: {
        path: PATH,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    {
      echo: (
        call: { request: Buffer },
        callback: (error: Error | null, response: Buffer) => void,
      ) => callback(null, call.request),
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

/** A client with a deadline of five seconds on every call. */
export function connectGrpc(port: number): Echo {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  return (payload) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest<Buffer, Buffer>(
        PATH,
        same,
        same,
        payload,
        { deadline: Date.now() + 5000 },
        (error, response) => {
          if (response === undefined) reject(error ?? new Error('no response'));
          else resolve(response);
        },
      );
    });
}
