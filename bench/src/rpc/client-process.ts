import { connectGrpc } from './grpc-echo.ts';
import { connectMprpc } from './mprpc-echo.ts';
import { connectRaw } from './raw-echo.ts';

/** Sends bytes to a server and resolves with what comes back. */
export type Echo = (payload: Buffer) => Promise<Uint8Array>;

/** How to call during one round. */
export interface RoundRequest {
  inFlight: number;
  ms: number;
}

/** What one round gave. */
export interface RoundResult {
  callsPerSecond: number;
  p50Us: number;
  p99Us: number;
  /** User and system time of this process. */
  cpuUsPerCall: number;
}

const CONNECT: Record<string, (port: number) => Echo | Promise<Echo>> = {
  mprpc: connectMprpc,
  grpc: connectGrpc,
  raw: connectRaw,
};
const MAX_SAMPLES = 1 << 21;
const samples = new Float64Array(MAX_SAMPLES);

async function round(echo: Echo, payload: Buffer, request: RoundRequest): Promise<RoundResult> {
  let calls = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + request.ms;
  const caller = async (): Promise<void> => {
    let before = performance.now();
    do {
      const answer = await echo(payload);
      if (answer.length !== payload.length) throw new Error('the echo differs');
      const after = performance.now();
      samples[calls++ % MAX_SAMPLES] = after - before;
      before = after;
    } while (before < end);
  };
  await Promise.all(Array.from({ length: request.inFlight }, caller));
  const elapsed = performance.now() - start;
  const used = process.cpuUsage(cpu);
  const sorted = samples.slice(0, Math.min(calls, MAX_SAMPLES)).sort();
  const at = (quantile: number): number =>
    (sorted[Math.floor((sorted.length - 1) * quantile)] ?? 0) * 1000;
  return {
    callsPerSecond: (calls / elapsed) * 1000,
    p50Us: at(0.5),
    p99Us: at(0.99),
    cpuUsPerCall: (used.user + used.system) / calls,
  };
}

const [kind = '', port, payloadBytes] = process.argv.slice(2);
const connect = CONNECT[kind];
if (connect === undefined) throw new Error(`there is no client '${kind}'`);
const echo = await connect(Number(port));
const payload = Buffer.alloc(Number(payloadBytes), 'x');
await echo(payload);
process.on('message', async (request: RoundRequest) => {
  process.send?.(await round(echo, payload, request));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
