import type { ProtocolError } from '@mpim/zookeeper/protocol';

const TLS_HANDSHAKE = 0x1603;
/** The first four letters of a request. */
const HTTP = /^(?:GET |HEAD|POST|PUT |OPTI)$/;

/** Why a connection's input cannot be read, and what it looks like, for the log. */
export function badFrame({ message, length = 0 }: ProtocolError): string {
  const start = Buffer.alloc(4);
  start.writeInt32BE(length);
  if (start.readUInt16BE(0) === TLS_HANDSHAKE) {
    return 'TLS on a port for plain clients: name the port for TLS, or do without';
  }
  if (HTTP.test(start.toString('latin1'))) return 'HTTP on a port for ZooKeeper clients';
  return message;
}
