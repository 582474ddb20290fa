import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext } from 'node:tls';
import type { Random } from '../clock.ts';
import { ZooKeeperError } from '../errors.ts';
import { explainTls } from './tls-failure.ts';
import { carried, shuffledLookup, socketOptions, type Transport } from './transport.ts';

/** How to speak TLS to servers (`secureClientPort`). */
export interface TlsOptions {
  /** Whose certificates to trust, PEM; the well-known authorities of Node unless told. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** The client's own certificate, PEM, with those between it and its authority: servers may ask for one (x509). */
  readonly cert?: string | Buffer | undefined;
  /** The key of `cert`, PEM. */
  readonly key?: string | Buffer | undefined;
  /** What `key` is encrypted with. */
  readonly passphrase?: string | undefined;
  /** The name that the servers' certificates must be for, also told to the server (SNI). The host's unless told. */
  readonly serverName?: string | undefined;
  /** Whether the certificate must be for the host (or `serverName`); true unless told. It must be trusted in any case. */
  readonly verifyHost?: boolean | undefined;
}

/**
 * TLS on TCP, 1.2 or later.
 *
 * Throws `BAD_ARGUMENTS` when the certificates or the key cannot be read or do not belong together.
 */
export function tlsTransport(options: TlsOptions, random: Random): Transport {
  const secureContext = contextOf(options);
  const lookupShuffled = shuffledLookup(random, lookup);
  const { verifyHost = true } = options;
  return {
    connect(host, handlers) {
      const name = options.serverName ?? host.host;
      const socket = connect({
        ...socketOptions(host, lookupShuffled, handlers),
        secureContext,
        // An address cannot be asked for by name.
        ...(isIP(name) === 0 ? { servername: name } : {}),
        checkServerIdentity: (_, certificate) =>
          verifyHost ? checkServerIdentity(name, certificate) : undefined,
      });
      socket.on('secureConnect', () => handlers.connected());
      return carried(socket, handlers, (error) => explainTls(error, options.cert !== undefined));
    },
  };
}

function contextOf({ ca, cert, key, passphrase }: TlsOptions): SecureContext {
  if ((cert === undefined) !== (key === undefined)) {
    throw bad('cert and key belong together; give both or none');
  }
  try {
    const authorities = ca === undefined ? undefined : [ca].flat();
    // Node takes in silence what is no certificate, and then trusts nobody.
    for (const each of authorities ?? []) new X509Certificate(each);
    return createSecureContext({
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (cause) {
    throw bad(`ca, cert or key cannot be used: ${String(cause)}`, cause);
  }
}

function bad(problem: string, cause?: unknown): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', `options.tls: ${problem}`, { cause });
}
