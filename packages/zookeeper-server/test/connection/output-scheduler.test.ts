import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnsweredRequests } from '../../src/connection/answered-requests.ts';
import { type Output, OutputScheduler } from '../../src/connection/output-scheduler.ts';
import { ManualClock } from '../support/manual-clock.ts';

class Source {
  isScheduled = false;
  written = '';
  sent = '';

  takeOutput(): Output {
    const bytes = Buffer.from(this.written);
    this.written = '';
    return { bytes, answered: new AnsweredRequests() };
  }

  send({ bytes }: Output): void {
    this.sent += bytes.toString();
  }
}

test('nothing goes out before the commit, and what comes meanwhile waits for the next one', () => {
  const commits: (() => void)[] = [];
  const log = { isFull: false, append() {}, commit: (done: () => void) => void commits.push(done) };
  const scheduler = new OutputScheduler(new ManualClock(), log);
  const a = new Source();
  const b = new Source();
  const write = (source: Source, text: string) => {
    source.written += text;
    scheduler.schedule(source);
  };
  write(a, '1');
  write(b, '1');
  write(a, '2');
  scheduler.flush();
  write(a, '3');
  scheduler.flush();
  assert.deepEqual([a.sent, b.sent, commits.length], ['', '', 2]);
  commits[0]?.();
  assert.deepEqual([a.sent, b.sent], ['12', '1']);
  commits[1]?.();
  assert.deepEqual([a.sent, b.sent], ['123', '1']);
  scheduler.flush();
  assert.equal(commits.length, 2, 'nothing to send, nothing to commit');
});
