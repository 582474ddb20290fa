// The other side of shell.ts: a line is a JSON array of words; the end of its answer is marked on both streams.
import { createInterface } from 'node:readline';
import { runMain } from '../src/run-main.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const code = await runMain(JSON.parse(line));
  process.exitCode = 0;
  console.log(`\u0000${code}`);
  console.error('\u0000');
}
