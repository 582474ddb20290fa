import type { ServerStart } from './echo-subject.ts';
import { echoSubject } from './echo-subjects.ts';
import { measureUsage, type Usage } from './usage.ts';

const subject = await echoSubject(process.argv[2] ?? '');
process.on('disconnect', () => process.exit());
process.once('message', async ({ tls }: ServerStart) => {
  const ports = await subject.serve(tls);
  // A round begins with one message and ends with the next.
  let ended: (() => Usage) | undefined;
  process.on('message', () => {
    const usage = ended?.();
    ended = usage === undefined ? measureUsage() : undefined;
    process.send?.(usage ?? 'measuring');
  });
  process.send?.(ports);
});
