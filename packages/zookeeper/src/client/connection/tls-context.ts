import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { requireBoolean, requireObject, requireText } from '../arguments.ts';
import { ZooKeeperError } from '../errors.ts';
import { namesOf, requireKnown } from '../known-names.ts';

/** Certificates and key, PEM. */
export interface TlsCredentials {
  /** Whose certificates to trust; the well-known authorities of Node unless told. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** The client's own certificate, with those between it and its authority: servers may ask for one (x509). */
  readonly cert?: string | Buffer | undefined;
  /** The key of `cert`. */
  readonly key?: string | Buffer | undefined;
  /** What `key` is encrypted with. */
  readonly passphrase?: string | undefined;
}

/** Which servers to believe. */
export interface TlsServer {
  /** The name that the servers' certificates must be for, also told to the server (SNI). The host's unless told. */
  readonly serverName?: string | undefined;
  /** Whether the certificate must be for the host (or `serverName`); true unless told. It must be trusted in any case. */
  readonly verifyHost?: boolean | undefined;
}

const OPTIONS = namesOf<TlsCredentials & TlsServer>({
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  serverName: true,
  verifyHost: true,
});

/**
 * What connections are encrypted with; `what` names the credentials in errors.
 *
 * Throws `BAD_ARGUMENTS` when the certificates or the key cannot be read or do not belong together.
 */
export function tlsContext(
  { ca, cert, key, passphrase }: TlsCredentials,
  what = 'ca, cert or key',
): SecureContext {
  if ((cert === undefined) !== (key === undefined)) {
    throw badTls('cert and key belong together; give both or none');
  }
  for (const [name, value] of Object.entries({ ca, cert, key })) requirePem(name, value);
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
    throw badTls(`${what} cannot be used: ${String(cause)}`, cause);
  }
}

/** Most who give no PEM give the path of one. */
function requirePem(name: string, value: TlsCredentials['ca']): void {
  for (const each of [value].flat()) {
    if (typeof each !== 'string' || each.includes('-----BEGIN ')) continue;
    throw badTls(`${name} is no PEM: it takes what the file holds; new TlsFiles takes its path`);
  }
}

/**
 * Refuses, with `BAD_ARGUMENTS`, what is no option, what is no name of servers, and anything but a clear word on whether it
 * matters.
 */
export function checkTlsOptions(options: TlsServer): void {
  requireObject('options.tls', options, 'an object, {} for TLS with the well-known authorities');
  requireKnown('options.tls', options, OPTIONS);
  requireText('options.tls.serverName', options.serverName);
  requireBoolean('options.tls.verifyHost', options.verifyHost);
}

/** `BAD_ARGUMENTS` about `options.tls`. */
export function badTls(problem: string, cause?: unknown): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', `options.tls: ${problem}`, { cause });
}
