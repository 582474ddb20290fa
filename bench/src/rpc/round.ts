import { Latencies } from '../latencies.ts';
import type { EchoCaller } from './echo-subject.ts';
import { measureUsage, type Usage } from './usage.ts';

/** How to call during one round. */
export interface RoundRequest {
  call: 'echo' | 'stream';
  payloadBytes: number;
  /** Of one stream. */
  messages: number;
  inFlight: number;
  ms: number;
}

/** What one round gave, as the client saw it. */
export interface ClientRound extends Usage {
  calls: number;
  elapsedMs: number;
  /** Of a whole call. */
  p50Us: number;
  p99Us: number;
  /** Calls that failed and are in no other figure, and how the first of them did. */
  failures: number;
  failure?: string;
}

const latencies = new Latencies();

/** Keeps `inFlight` callers busy, each calling again when it has its answer. */
export async function round(caller: EchoCaller, request: RoundRequest): Promise<ClientRound> {
  const { call, inFlight, ms } = request;
  const payload = Buffer.alloc(request.payloadBytes, 'x');
  const stream = { messages: request.messages, bytes: request.payloadBytes };
  latencies.clear();
  const callOnce = async (): Promise<void> => {
    if (call === 'echo') {
      const answer = await caller.echo(payload);
      if (answer.length !== payload.length) throw new Error('the echo differs');
    } else if ((await caller.stream(stream)) !== stream.messages) {
      throw new Error('the stream is not as long as it should be');
    }
  };
  let failures = 0;
  let failure: string | undefined;
  const ended = measureUsage();
  const start = performance.now();
  const end = start + ms;
  const loop = async (): Promise<void> => {
    let before = performance.now();
    do {
      try {
        await callOnce();
      } catch (error) {
        failures++;
        failure ??= String(error);
        before = performance.now();
        continue;
      }
      const after = performance.now();
      latencies.add(after - before);
      before = after;
    } while (before < end);
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const elapsedMs = performance.now() - start;
  const usage = ended();
  const calls = latencies.count;
  const figures = { calls, elapsedMs, failures, ...usage, ...latencies.quantiles() };
  return failure === undefined ? figures : { ...figures, failure };
}
