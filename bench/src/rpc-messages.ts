import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MessageType } from '@mpim/mprpc';
import {
  FindUsersRequest,
  FindUsersResponse,
  PushRequest,
  PushResponse,
  SendMessageRequest,
  SendMessageResponse,
} from '@mpim/protocol';
import { temporaryFolder } from '@mpim/testkit';
import { type Bench, type BenchSettings, median, type Row, selected } from './bench.ts';
import { generateWithStock } from './rpc-messages/stock-generator.ts';

const US = '@mpim/protocol';
const PEER = 'ts-proto';

interface Case {
  readonly name: string;
  /** The generated module, and in it the types of request and response. */
  readonly module: string;
  readonly types: readonly [request: string, response: string];
  readonly request: unknown;
  readonly response: unknown;
}

const users = Array.from({ length: 20 }, (_, index) => `user-${index}-name`);
const clientMsgId = '6f1c2b7e-1111-4222-8333-944455556666';
const content = { text: 'Shall we meet at the station at half past seven? 好的' };
const place = { conversationId: 'dm:alice:bob', seq: 123_456 };
const serverTime = 1_790_000_000_123;
const connectionId = 'c-7f3a9b21';

/** Messages as the services send them. */
const CASES: readonly Case[] = [
  {
    name: 'SendMessage',
    module: 'message_service.ts',
    types: ['SendMessageRequest', 'SendMessageResponse'],
    request: {
      sender: 'alice',
      conversationId: place.conversationId,
      clientMsgId,
      content,
      connectionId,
    },
    response: { ...place, serverTime },
  },
  {
    name: 'Push to 20 users',
    module: 'gateway_service.ts',
    types: ['PushRequest', 'PushResponse'],
    request: {
      users,
      message: { ...place, sender: 'alice', clientMsgId, serverTime, content },
      exceptConnectionId: connectionId,
    },
    response: { delivered: 20 },
  },
  {
    name: 'FindUsers of 20 users',
    module: 'user_service.ts',
    types: ['FindUsersRequest', 'FindUsersResponse'],
    request: { users },
    response: { users },
  },
];

type Types = Readonly<Record<string, MessageType<unknown>>>;

const OURS: Types = {
  FindUsersRequest,
  FindUsersResponse,
  PushRequest,
  PushResponse,
  SendMessageRequest,
  SendMessageResponse,
};

/** What it costs to encode and decode the messages of a call; to be held against the CPU per call of `rpc`. */
export const rpcMessagesBench: Bench = {
  name: 'rpc-messages',
  description:
    'encoding and decoding SendMessage, Push and FindUsers: our encoders and those of ts-proto',
  run,
};

async function run(settings: BenchSettings): Promise<Row[]> {
  await using folder = await temporaryFolder('bench-rpc-messages');
  const generated = await generateWithStock(folder);
  const rows: Row[] = [];
  for (const { name, module, types, request, response } of selected(CASES, settings)) {
    const stock: Types = await import(pathToFileURL(join(generated, module)).href);
    const subjects = new Map([
      [US, steps(OURS, types, request, response)],
      [PEER, steps(stock, types, request, response)],
    ]);
    const times = new Map<string, number[]>();
    // Round 0 warms up.
    for (let round = 0; round <= settings.rounds; round++) {
      settings.progress(`${name}: round ${round} of ${settings.rounds}`);
      for (const [subject, ofSubject] of subjects) {
        for (const [step, once] of ofSubject) {
          const ns = time(once, settings.roundMs / 8);
          if (round > 0)
            times.set(`${subject} ${step}`, [...(times.get(`${subject} ${step}`) ?? []), ns]);
        }
      }
    }
    rows.push(...figures(name, times));
  }
  return rows;
}

const STEPS = ['encode request', 'decode request', 'encode response', 'decode response'] as const;

function steps(
  types: Types,
  [requestName, responseName]: Case['types'],
  request: unknown,
  response: unknown,
): [string, () => unknown][] {
  const [requestType, responseType] = [types[requestName], types[responseName]];
  if (requestType === undefined || responseType === undefined) {
    throw new Error(`there is no ${requestName} or no ${responseName}`);
  }
  const sent = requestType.encode(request).finish();
  const answered = responseType.encode(response).finish();
  return [
    ['encode request', () => requestType.encode(request).finish()],
    ['decode request', () => requestType.decode(view(sent))],
    ['encode response', () => responseType.encode(response).finish()],
    ['decode response', () => responseType.decode(view(answered))],
  ];
}

/** As mprpc hands messages on: a part of what came from the network. */
function view(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Ns each. */
function time(once: () => unknown, ms: number): number {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < ms) {
    for (let index = 0; index < 100; index++) once();
    count += 100;
  }
  return ((performance.now() - start) * 1e6) / count;
}

function figures(name: string, times: ReadonlyMap<string, readonly number[]>): Row[] {
  const of = (subject: string, step: string): number =>
    median(times.get(`${subject} ${step}`) ?? []);
  const all = (subject: string): number => STEPS.reduce((sum, step) => sum + of(subject, step), 0);
  return [...STEPS, 'all four' as const].flatMap((metric) => {
    const value = (subject: string): number =>
      metric === 'all four' ? all(subject) : of(subject, metric);
    return [
      { case: name, subject: US, metric, value: value(US), unit: 'ns' },
      { case: name, subject: PEER, metric, value: value(PEER), unit: 'ns' },
      { case: name, subject: `${US} / ${PEER}`, metric, value: value(US) / value(PEER), unit: 'x' },
    ];
  });
}
