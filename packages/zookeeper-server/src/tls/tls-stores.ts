import { readFile } from 'node:fs/promises';
import { ZooKeeperServerError } from '../errors.ts';
import type { ClientAuth, ListenerTls } from '../transport.ts';

/** A file with keys or certificates. */
export interface TlsStore {
  /** Path of the file. */
  readonly location: string;
  readonly password?: string;
  /** File that holds the password, in its first line. */
  readonly passwordFile?: string;
  /** Default: told by the file's name. */
  readonly type?: StoreType;
}

/** Kinds of stores that Apache ZooKeeper knows; JKS and BCFKS cannot be read here. */
export type StoreType = 'PEM' | 'PKCS12' | 'JKS' | 'BCFKS';

/** Certificates of a door for TLS in files, as `zoo.cfg` names them. */
export interface TlsStores {
  /** The server's key and certificate: PEM, both in one file, or PKCS12. */
  readonly keyStore: TlsStore;
  /** Authorities of the clients' certificates: PEM. */
  readonly trustStore?: TlsStore;
  /** Whether clients must, may or need not show a certificate; default `need` if there is a trust store. */
  readonly clientAuth?: ClientAuth;
  /** Versions of TLS that are spoken, e.g. `TLSv1.3`; default: those of Node. */
  readonly protocols?: readonly string[];
  /** Cipher suites by their names in OpenSSL or in Java; default: those of Node. */
  readonly ciphers?: readonly string[];
}

const TYPE_OF_EXTENSION: Readonly<Record<string, StoreType>> = {
  pem: 'PEM',
  crt: 'PEM',
  p12: 'PKCS12',
  pfx: 'PKCS12',
  jks: 'JKS',
  bcfks: 'BCFKS',
};

/**
 * Reads key and trust store. Throws `ZooKeeperServerError` `BAD_OPTION` for a file that cannot be read, or is of a
 * kind that cannot be used here, with the command that makes a usable one of it.
 */
export async function readTlsStores(stores: TlsStores): Promise<ListenerTls> {
  const { clientAuth, protocols, ciphers } = stores;
  return {
    ...(await readKeyStore(stores.keyStore)),
    ...(stores.trustStore === undefined ? {} : { ca: await readTrustStore(stores.trustStore) }),
    ...(clientAuth === undefined ? {} : { clientAuth }),
    ...(protocols === undefined ? {} : { protocols }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

async function readKeyStore(store: TlsStore): Promise<ListenerTls> {
  const password = await passwordOf(store);
  const passphrase = password === undefined ? {} : { passphrase: password };
  const { location } = store;
  switch (typeOf(store)) {
    case 'PEM': {
      const pem = (await read(location)).toString();
      return { key: pem, cert: pem, ...passphrase };
    }
    case 'PKCS12':
      return { pfx: await read(location), ...passphrase };
    case 'JKS':
      return bad(
        location,
        `is a JKS store, which only Java reads; convert it: keytool -importkeystore -srckeystore ${location} -destkeystore ${asP12(location)} -deststoretype PKCS12, then name ${asP12(location)}`,
      );
    case 'BCFKS':
      return bad(location, 'is a BCFKS store, which only Java reads; give a PEM or PKCS12 file');
  }
}

async function readTrustStore(store: TlsStore): Promise<string> {
  const { location } = store;
  switch (typeOf(store)) {
    case 'PEM':
      return (await read(location)).toString();
    case 'PKCS12':
      return bad(
        location,
        `is a PKCS12 trust store; convert it: openssl pkcs12 -in ${location} -nokeys -out ${asPem(location)}, then name ${asPem(location)}`,
      );
    case 'JKS':
      return bad(
        location,
        `is a JKS store, which only Java reads; convert it: keytool -list -rfc -keystore ${location} > ${asPem(location)}, then name ${asPem(location)}`,
      );
    case 'BCFKS':
      return bad(location, 'is a BCFKS store, which only Java reads; give a PEM file');
  }
}

function typeOf({ location, type }: TlsStore): StoreType {
  const extension = /\.(\w+)$/.exec(location)?.[1]?.toLowerCase() ?? '';
  return type ?? TYPE_OF_EXTENSION[extension] ?? 'PEM';
}

async function passwordOf({ password, passwordFile }: TlsStore): Promise<string | undefined> {
  if (passwordFile === undefined) return password;
  return (await read(passwordFile)).toString().split(/\r?\n/, 1)[0];
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot read ${path} for TLS: ${what}`;
    throw new ZooKeeperServerError('BAD_OPTION', message, { path, cause });
  }
}

function bad(path: string, what: string): never {
  throw new ZooKeeperServerError('BAD_OPTION', `${path} ${what}`, { path });
}

function asP12(path: string): string {
  return `${path.replace(/\.\w+$/, '')}.p12`;
}

function asPem(path: string): string {
  return `${path.replace(/\.\w+$/, '')}.pem`;
}
