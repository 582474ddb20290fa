import { JuteWriter, writeConnectRequest } from '@mpim/zookeeper/protocol';

const SESSION_TIMEOUT_MS = 40_000;

/** The first frame of a connection to ZooKeeper: it asks for a session of its own. */
export function connectFrame(): Buffer {
  const output = new JuteWriter();
  const mark = output.beginFrame();
  writeConnectRequest(output, {
    protocolVersion: 0,
    lastZxidSeen: 0n,
    timeoutMs: SESSION_TIMEOUT_MS,
    sessionId: 0n,
    password: Buffer.alloc(16),
    readOnly: false,
  });
  output.endFrame(mark);
  return output.take();
}
