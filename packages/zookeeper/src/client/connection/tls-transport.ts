import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type SecureContext } from 'node:tls';
import type { Random } from '../clock.ts';
import { checkTlsOptions, type TlsCredentials, type TlsServer, tlsContext } from './tls-context.ts';
import { explainTls } from './tls-failure.ts';
import { TlsFiles } from './tls-files.ts';
import { carried, shuffledLookup, socketOptions, type Transport } from './transport.ts';

/** How to speak TLS to servers (`secureClientPort`). */
export interface TlsOptions extends TlsCredentials, TlsServer {}

/**
 * TLS on TCP, 1.2 or later.
 *
 * Throws `BAD_ARGUMENTS` when the certificates or the key cannot be read or do not belong together.
 */
export function tlsTransport(options: TlsOptions | TlsFiles, random: Random): Transport {
  const context = contextOf(options);
  const hasCertificate =
    options instanceof TlsFiles ? options.hasCertificate : options.cert !== undefined;
  const lookupShuffled = shuffledLookup(random, lookup);
  const { verifyHost = true } = options;
  return {
    connect(host, handlers) {
      const name = options.serverName ?? host.host;
      const socket = connect({
        ...socketOptions(host, lookupShuffled, handlers),
        secureContext: context(),
        // An address cannot be asked for by name.
        ...(isIP(name) === 0 ? { servername: name } : {}),
        checkServerIdentity: (_, certificate) =>
          verifyHost ? checkServerIdentity(name, certificate) : undefined,
      });
      socket.on('secureConnect', () => handlers.connected());
      return carried(socket, handlers, (error) => explainTls(error, hasCertificate));
    },
  };
}

/** Asked for each connection. */
function contextOf(options: TlsOptions | TlsFiles): () => SecureContext {
  if (options instanceof TlsFiles) return () => options.context;
  checkTlsOptions(options);
  const context = tlsContext(options);
  return () => context;
}
