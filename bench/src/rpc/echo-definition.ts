import type { MessageType } from '@mpim/mprpc';

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
