import { connect } from 'node:net';

/**
 * Sends one of ZooKeeper's four-letter words to a port of loopback and returns the whole answer.
 * Rejects when nobody listens, or nobody answers within `timeoutMs`.
 */
export function fourLetterWord(port: number, word: string, timeoutMs = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(word));
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(new Error(`no answer to ${word} from port ${port} within ${timeoutMs} ms`));
    });
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
