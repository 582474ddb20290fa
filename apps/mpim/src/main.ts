import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiled code is kept between starts: a third of the time to the first line of `mpim zk`.
enableCompileCache(
  join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'mpim', 'compiled'),
);
// Not before: what is imported above is compiled each time.
const { runMain } = await import('./run-main.ts');
process.exitCode = await runMain(process.argv.slice(2));
