import { TLSSocket } from 'node:tls';
import type { ServerSocket } from '../transport.ts';
import type { Identity } from './identity.ts';

/**
 * Who a connection is by its client certificate, none without TLS or a verified certificate. The id is the subject
 * as Java prints it, most specific part first: `CN=bob,O=Example` (ZooKeeper: `X509AuthenticationProvider`).
 */
export function certifiedIdentities(socket: ServerSocket): readonly Identity[] {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return [];
  const subject = socket.getPeerX509Certificate()?.subject;
  if (subject === undefined || subject === '') return [];
  return [{ scheme: 'x509', id: subject.split('\n').reverse().join(',') }];
}
