import type { Text } from './test-service.ts';

/** The texts of a stream, to its end. */
export async function all(stream: AsyncIterable<Text>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  return texts;
}

/** A generator that tells when it was closed. */
export function endless(word: string) {
  const state = { sent: 0, closed: false };
  async function* generate(): AsyncGenerator<Text> {
    try {
      for (;;) {
        state.sent++;
        yield { text: word };
      }
    } finally {
      state.closed = true;
    }
  }
  return Object.assign(generate(), { state });
}
