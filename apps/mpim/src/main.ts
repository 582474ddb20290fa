import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { runMain } from './run-main.ts';

// Compiled code is kept between starts: a third of the time to the first line of `mpim zk`.
enableCompileCache(
  join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'mpim', 'compiled'),
);
process.exitCode = await runMain(process.argv.slice(2));
