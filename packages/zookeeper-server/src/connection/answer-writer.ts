import { ErrorCode, type JuteWriter, writeReplyHeader } from '@mpim/zookeeper/protocol';
import type { ServerMetrics } from '../metrics/server-metrics.ts';

/** The zxid of answers about who the client is, which tell nothing of the tree. */
export const NO_ZXID = 0n;

/** Writes the answers to one connection's requests, each a frame of its own, and counts their sizes. */
export class AnswerWriter {
  readonly output: JuteWriter;
  readonly #metrics: ServerMetrics;

  constructor(output: JuteWriter, metrics: ServerMetrics) {
    this.output = output;
    this.#metrics = metrics;
  }

  /** Writes an answer that is a header only, as all errors are. */
  header(xid: number, zxid: bigint, error: number): void {
    const mark = this.output.beginFrame();
    writeReplyHeader(this.output, { xid, zxid, error });
    this.end(mark);
  }

  /** Begins an answer that has a body, which the caller writes; the mark is for {@link end} or {@link drop}. */
  begin(xid: number, zxid: bigint): number {
    const mark = this.output.beginFrame();
    writeReplyHeader(this.output, { xid, zxid, error: ErrorCode.OK });
    return mark;
  }

  /** Ends an answer. */
  end(mark: number): void {
    this.output.endFrame(mark);
    this.#metrics.responseSize.add(this.output.length - mark);
  }

  /** Takes back an answer that was begun, and all written behind it. */
  drop(mark: number): void {
    this.output.rewind(mark);
  }
}
