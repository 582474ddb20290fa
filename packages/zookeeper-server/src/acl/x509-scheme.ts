import { TLSSocket } from 'node:tls';
import type { ServerSocket } from '../transport.ts';
import { type Identity, SUPER_IDENTITY } from './identity.ts';

/**
 * Who a connection is by its client certificate, none without TLS or a verified certificate. The id is the subject
 * as Java prints it, most specific part first: `CN=bob,O=Example`; `superCertificate` is the one whom no ACL stops
 * (ZooKeeper: `X509AuthenticationProvider`).
 */
export function certifiedIdentities(
  socket: ServerSocket,
  superCertificate: string | null,
): readonly Identity[] {
  if (!isSecured(socket) || !socket.authorized) return [];
  const subject = socket.getPeerX509Certificate()?.subject;
  if (subject === undefined || subject === '') return [];
  const id = subject.split('\n').reverse().join(',');
  const own = { scheme: 'x509', id };
  return id === superCertificate ? [SUPER_IDENTITY, own] : [own];
}

/** Whether what goes over a connection is encrypted. */
export function isSecured(socket: ServerSocket): socket is ServerSocket & TLSSocket {
  return socket instanceof TLSSocket;
}
