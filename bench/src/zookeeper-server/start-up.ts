import type { BenchSettings, Row } from '../bench.ts';
import { figuresOf } from './rows.ts';
import { PEER, ServerProcess, US } from './server-process.ts';

/** What the case is called. */
export const START_UP = 'start on an empty directory';

/** From the start of the process to the answer of a read. */
export async function runStartUp(scratch: string, settings: BenchSettings): Promise<Row[]> {
  const results = new Map<string, number[]>([
    [US, []],
    [PEER, []],
  ]);
  // Round 0 fills the caches of files and of compiled code.
  const rounds = settings.rounds * 3;
  for (let round = 0; round <= rounds; round++) {
    for (const [name, times] of results) {
      settings.progress(`${START_UP}, ${name}: round ${round} of ${rounds}`);
      await using server = await ServerProcess.create(name, scratch);
      const ms = await server.start();
      // In order: Node keeps compiled code when a process ends by itself.
      await server.stop();
      if (round > 0) times.push(ms);
    }
  }
  return figuresOf(START_UP, [['first reply after', 'ms', (ms: number) => ms]], results);
}
