import { getHashes } from 'node:crypto';
import { ZooKeeperServerError } from '../errors.ts';

/** Who may do what. In brackets: the name in Apache ZooKeeper's `zoo.cfg`. */
export interface AccessOptions {
  /** Whether anybody may do anything, whatever the ACLs say; default false (`skipACL`). */
  skipAcl?: boolean;
  /**
   * Schemes of which a client must have shown an identity before anything else is done for it; others are answered
   * SESSIONCLOSEDREQUIRESASLAUTH and cut off. Default none (`enforce.auth.schemes`, `sessionRequireClientSASLAuth`).
   */
  enforceAuthSchemes?: readonly string[];
  /** Whether a client stays connected whose SASL exchange has failed; default false (`allowSaslFailedClients`). */
  allowSaslFailedClients?: boolean;
  /** Digest `super:base64(sha1("super:<password>"))` of the user whom no ACL stops; default none (`DigestAuthenticationProvider.superDigest`). */
  superDigest?: string;
  /** Subject of the client certificate whom no ACL stops; default none (`X509AuthenticationProvider.superUser`). */
  superCertificate?: string;
  /** SASL users whom no ACL stops; default none (`superUser`, `superUser.<n>`). */
  superUsers?: readonly string[];
  /** Passwords by name for SASL DIGEST-MD5, which turns the `sasl` scheme on; default none. */
  saslUsers?: Readonly<Record<string, string>>;
  /** Whether the scheme `digest` is on; default true (`DigestAuthenticationProvider.enabled`). */
  digestScheme?: boolean;
  /** Hash of the scheme `digest`, by its name in `node:crypto`; default `sha1` (`DigestAuthenticationProvider.digestAlg`). */
  digestAlgorithm?: string;
  /** Whether a reconfiguration is answered UNIMPLEMENTED instead of RECONFIGDISABLED; default false (`reconfigEnabled`). */
  reconfigEnabled?: boolean;
  /** Whether nodes with a time to live may be made; default false (`extendedTypesEnabled`). */
  extendedTypes?: boolean;
  /** Whether hard limits of quotas refuse writes; default false (`enforceQuota`). */
  enforceQuota?: boolean;
}

/** {@link AccessOptions} with the defaults filled in. */
export interface AccessSettings {
  readonly skipAcl: boolean;
  readonly enforceAuthSchemes: readonly string[];
  readonly allowSaslFailedClients: boolean;
  readonly superDigest: string | null;
  readonly superCertificate: string | null;
  readonly superUsers: readonly string[];
  readonly saslUsers: Readonly<Record<string, string>> | null;
  readonly digestScheme: boolean;
  readonly digestAlgorithm: string;
  readonly reconfigEnabled: boolean;
  readonly extendedTypes: boolean;
  readonly enforceQuota: boolean;
}

const KNOWN_SCHEMES: readonly string[] = ['digest', 'ip', 'sasl', 'x509'];

/** Fills in defaults; throws `ZooKeeperServerError` `BAD_OPTION` for what makes no sense. */
export function resolveAccess(options: AccessOptions): AccessSettings {
  const access = {
    skipAcl: options.skipAcl ?? false,
    enforceAuthSchemes: options.enforceAuthSchemes ?? [],
    allowSaslFailedClients: options.allowSaslFailedClients ?? false,
    superDigest: options.superDigest ?? null,
    superCertificate: options.superCertificate ?? null,
    superUsers: options.superUsers ?? [],
    saslUsers: options.saslUsers ?? null,
    digestScheme: options.digestScheme ?? true,
    digestAlgorithm: options.digestAlgorithm ?? 'sha1',
    reconfigEnabled: options.reconfigEnabled ?? false,
    extendedTypes: options.extendedTypes ?? false,
    enforceQuota: options.enforceQuota ?? false,
  };
  const unknown = access.enforceAuthSchemes.find((scheme) => !KNOWN_SCHEMES.includes(scheme));
  if (unknown !== undefined) {
    bad(`enforceAuthSchemes names ${unknown}; give any of ${KNOWN_SCHEMES.join(', ')}`);
  }
  if (!getHashes().includes(access.digestAlgorithm)) {
    bad(
      `digestAlgorithm is ${access.digestAlgorithm}, which node:crypto does not know; try sha256`,
    );
  }
  return access;
}

function bad(message: string): never {
  throw new ZooKeeperServerError('BAD_OPTION', message);
}
