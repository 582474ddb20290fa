import type { Handlers, MessageType, StaticInstance } from '../../src/index.ts';
import {
  RpcChannel,
  type RpcChannelOptions,
  RpcProvider,
  StaticResolver,
} from '../../src/index.ts';

/** A message of the tests, as JSON: the runtime does not care. */
export interface Text {
  text: string;
}

export const text: MessageType<Text> & { fromPartial(object: Partial<Text>): Text } = {
  encode: (message) => ({ finish: () => Buffer.from(JSON.stringify(message)) }),
  decode: (input) => JSON.parse(Buffer.from(input).toString()) as Text,
  fromPartial: (object) => ({ text: object.text ?? '' }),
};

const unary = {
  requestType: text,
  requestStream: false,
  responseType: text,
  responseStream: false,
} as const;

/** One method that may be repeated and one that may not. */
export const TestDefinition = {
  name: 'TestRpc',
  fullName: 'test.v1.TestRpc',
  methods: {
    change: { name: 'Change', ...unary, options: {} },
    read: { name: 'Read', ...unary, options: { idempotencyLevel: 'NO_SIDE_EFFECTS' } },
  },
} as const;

const streaming = { requestType: text, responseType: text, options: {} } as const;

/** A method of each streaming kind. */
export const StreamDefinition = {
  name: 'StreamRpc',
  fullName: 'test.v1.StreamRpc',
  methods: {
    list: { name: 'List', ...streaming, requestStream: false, responseStream: true },
    collect: { name: 'Collect', ...streaming, requestStream: true, responseStream: false },
    chat: { name: 'Chat', ...streaming, requestStream: true, responseStream: true },
  },
} as const;

export type TestHandlers = Handlers<typeof TestDefinition>;
export type StreamHandlers = Handlers<typeof StreamDefinition>;

const echo = (request: Text): Text => request;

const echoes: StreamHandlers = {
  *list(request) {
    for (const word of request.text.split(' ')) yield { text: word };
  },
  async collect(requests) {
    const words: string[] = [];
    for await (const { text } of requests) words.push(text);
    return { text: words.join(' ') };
  },
  async *chat(requests) {
    for await (const request of requests) yield request;
  },
};

/** A provider of both services on a free port; methods echo, word by word where they stream, unless told otherwise. */
export async function startProvider(
  handlers: Partial<TestHandlers & StreamHandlers> = {},
  options: ConstructorParameters<typeof RpcProvider>[0] = {},
  add: (provider: RpcProvider) => void = () => {},
): Promise<RpcProvider & { port: number }> {
  const provider = new RpcProvider(options);
  provider.notifyService(TestDefinition, { change: echo, read: echo, ...handlers });
  provider.notifyService(StreamDefinition, { ...echoes, ...handlers });
  add(provider);
  const { port } = await provider.run();
  return Object.assign(provider, { port });
}

/** A channel to fixed instances, with a client of both services. */
export function connect(
  instances: readonly (number | StaticInstance)[],
  options: Partial<RpcChannelOptions> = {},
) {
  const resolver = new StaticResolver(
    instances.map((instance) =>
      typeof instance === 'number' ? { host: '127.0.0.1', port: instance } : instance,
    ),
  );
  const channel = new RpcChannel({ resolver, ...options });
  return {
    channel,
    client: { ...channel.client(TestDefinition), ...channel.client(StreamDefinition) },
    [Symbol.asyncDispose]: () => channel.close(),
  };
}

/** Sockets of this process that are open. */
export function openSockets(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((resource) => resource.startsWith('TCP') || resource === 'Immediate');
}
