import type { ClientStart } from './echo-subject.ts';
import { echoSubject } from './echo-subjects.ts';
import { type RoundRequest, round } from './round.ts';

const subject = await echoSubject(process.argv[2] ?? '');
process.on('disconnect', () => process.exit());
process.once('message', async ({ ports, tls }: ClientStart) => {
  const caller = await subject.connect(ports, tls);
  await caller.echo(Buffer.alloc(1));
  process.on('message', async (request: RoundRequest) => {
    process.send?.(await round(caller, request));
  });
  process.send?.('ready');
});
