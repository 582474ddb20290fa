import { setTimeout as pause } from 'node:timers/promises';
import { startProvider, type Text } from './test-service.ts';

/**
 * A provider in a process of its own that says on stdout what it applies, on the port given as its argument. Answers
 * with its pid; `hold` in a request lets the answer wait a few milliseconds, so that calls are under way when
 * something happens.
 */
async function apply({ text }: Text): Promise<Text> {
  console.log(`applied ${text}`);
  if (text.includes('hold')) await pause(5);
  return { text: String(process.pid) };
}

const provider = await startProvider(
  {
    change: apply,
    read: () => ({ text: String(process.pid) }),
    collect: async (requests) => {
      let answer: Text = { text: '' };
      for await (const request of requests) answer = await apply(request);
      return answer;
    },
    async *list(request) {
      yield await apply(request);
    },
    async *chat(requests) {
      for await (const request of requests) yield await apply(request);
    },
  },
  { port: Number(process.argv[2] ?? 0) },
);
console.log(`port ${provider.port}`);
