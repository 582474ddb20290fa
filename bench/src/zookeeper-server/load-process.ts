import { createInterface } from 'node:readline';
import { Load } from './load.ts';
import type { LoadRequest } from './load-request.ts';

const load = new Load();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await load.run(JSON.parse(line) as LoadRequest)));
}
process.exit();
