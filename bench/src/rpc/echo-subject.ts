/** The name in the server's certificate. */
export const TLS_NAME = 'localhost';

/** What encrypts a connection, PEM. */
export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

/** Where a server answers. Only the raw one needs two ports, because nothing in its frames says what they are. */
export interface Ports {
  echo: number;
  stream: number;
}

/** What a stream is to consist of. */
export interface StreamRequest {
  messages: number;
  bytes: number;
}

/** The calling side of a subject. */
export interface EchoCaller {
  /** One request, one answer of the same bytes. */
  echo(payload: Buffer): Promise<Uint8Array>;
  /** Reads one stream to its end; resolves with the number of messages. */
  stream(request: StreamRequest): Promise<number>;
}

/** One way to call over a network. */
export interface EchoSubject {
  serve(tls: TlsFiles | undefined): Promise<Ports>;
  connect(ports: Ports, tls: TlsFiles | undefined): EchoCaller | Promise<EchoCaller>;
}

/** Eight bytes that ask for a stream. */
export function encodeStreamRequest({ messages, bytes }: StreamRequest): Buffer {
  const request = Buffer.alloc(8);
  request.writeUInt32BE(messages, 0);
  request.writeUInt32BE(bytes, 4);
  return request;
}

/** The way back. */
export function decodeStreamRequest(request: Uint8Array): StreamRequest {
  const view = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
  return { messages: view.readUInt32BE(0), bytes: view.readUInt32BE(4) };
}

/** What a server process is told first. */
export interface ServerStart {
  tls: TlsFiles | undefined;
}

/** What a client process is told first. */
export interface ClientStart {
  ports: Ports;
  tls: TlsFiles | undefined;
}
