import { startProvider } from './test-service.ts';

/**
 * A provider in a process of its own that says on stdout what it applies. Answers with its pid; `hold` in a
 * request lets the answer wait a few milliseconds, so that calls are under way when something happens.
 */
const provider = await startProvider(
  {
    change: async ({ text }) => {
      console.log(`applied ${text}`);
      if (text.includes('hold')) await new Promise((resolve) => setTimeout(resolve, 5));
      return { text: String(process.pid) };
    },
    read: () => ({ text: String(process.pid) }),
  },
  { port: Number(process.argv[2] ?? 0) },
);
console.log(`port ${provider.port}`);
