import { startProvider } from './test-service.ts';

/** A provider in a process of its own, to be killed: answers `who` with its pid, anything else never. */
const provider = await startProvider({
  change: ({ text }) => (text === 'who' ? { text: String(process.pid) } : new Promise(() => {})),
});
console.log(`port ${provider.port}`);
