import {
  BINARY_SUBPROTOCOL,
  ClientEnvelope,
  JSON_SUBPROTOCOL,
  ServerEnvelope,
} from '@mpim/protocol';

/** How envelopes travel on one connection. */
export interface Codec {
  readonly subprotocol: string;
  /** True when its frames are binary ones. */
  readonly binary: boolean;
  /** Throws when the bytes are no envelope. */
  decode(data: Buffer): ClientEnvelope;
  encode(envelope: ServerEnvelope): Uint8Array | string;
}

const binaryCodec: Codec = {
  subprotocol: BINARY_SUBPROTOCOL,
  binary: true,
  decode: (data) => ClientEnvelope.decode(data),
  encode: (envelope) => ServerEnvelope.encode(envelope).finish(),
};

const jsonCodec: Codec = {
  subprotocol: JSON_SUBPROTOCOL,
  binary: false,
  decode(data) {
    const value: unknown = JSON.parse(data.toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError('an envelope is a JSON object');
    }
    // The generated fromJSON believes what it reads; only what survives the binary form is an envelope.
    return ClientEnvelope.decode(ClientEnvelope.encode(ClientEnvelope.fromJSON(value)).finish());
  },
  encode: (envelope) => JSON.stringify(ServerEnvelope.toJSON(envelope)),
};

const CODECS: readonly Codec[] = [binaryCodec, jsonCodec];

/** The codec of a subprotocol, if it is one of ours. */
export function codecFor(subprotocol: string): Codec | undefined {
  return CODECS.find((codec) => codec.subprotocol === subprotocol);
}

/** A push on its way to many connections: encoded once per codec, not once per connection. */
export class EncodedPush {
  readonly #envelope: ServerEnvelope;
  readonly #encoded = new Map<Codec, Uint8Array | string>();

  constructor(body: NonNullable<ServerEnvelope['body']>) {
    this.#envelope = { id: 0, body };
  }

  for(codec: Codec): Uint8Array | string {
    let encoded = this.#encoded.get(codec);
    if (encoded === undefined) {
      encoded = codec.encode(this.#envelope);
      this.#encoded.set(codec, encoded);
    }
    return encoded;
  }
}
