import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key (PKCS #8), PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** What a certificate is for. */
export interface CertificateOptions {
  /** DNS names; the common name unless told. */
  names?: readonly string[];
  /** IPv4 addresses; 127.0.0.1 unless told. */
  addresses?: readonly string[];
  /** Whether its time is over. */
  expired?: boolean;
}

/**
 * A certificate authority of the tests, made on the spot.
 *
 * @example
 * const authority = new Authority('ours');
 * const { cert, key } = authority.issue('server'); // clients trust `authority.ca`
 */
export class Authority {
  readonly #key: KeyObject;
  readonly #name: string;
  /** Its own certificate, PEM. */
  readonly ca: string;

  constructor(name: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    // Never the name of a certificate it issues: that one would count as self-signed.
    this.#name = `authority ${name}`;
    this.ca = certificate(
      this.#name,
      privateKey,
      this.#name,
      publicKey,
      [BASIC_CA],
      '490101000000Z',
    );
  }

  /** A certificate for `commonName`, valid for 127.0.0.1 and that name unless told. */
  issue(commonName: string, options: CertificateOptions = {}): Certificate {
    const { names = [commonName], addresses = ['127.0.0.1'], expired = false } = options;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const altNames = sequence(
      ...addresses.map((each) => tag(0x87, Buffer.from(each.split('.').map(Number)))),
      ...names.map((each) => tag(0x82, each)),
    );
    const extensions = [sequence(SUBJECT_ALT_NAME, tag(0x04, altNames))];
    const until = expired ? '210101000000Z' : '490101000000Z';
    return {
      cert: certificate(this.#name, this.#key, commonName, publicKey, extensions, until),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    };
  }
}

/** DER, as much of it as a certificate needs (X.690, RFC 5280). */
function tag(type: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  const size = bytes.length;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([type, ...length]), bytes]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts));
}

const ECDSA_SHA256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const BASIC_CA = sequence(
  Buffer.from('0603551d13', 'hex'),
  Buffer.from('0101ff', 'hex'),
  tag(0x04, sequence(Buffer.from('0101ff', 'hex'))),
);

function name(commonName: string): Buffer {
  return sequence(tag(0x31, sequence(COMMON_NAME, tag(0x0c, commonName))));
}

function certificate(
  issuer: string,
  issuerKey: KeyObject,
  subject: string,
  publicKey: KeyObject,
  extensions: Buffer[],
  until: string,
): string {
  const serial = randomBytes(8);
  serial[0] = 1;
  const body = sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, serial),
    ECDSA_SHA256,
    name(issuer),
    sequence(tag(0x17, '200101000000Z'), tag(0x17, until)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tag(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuerKey);
  const der = sequence(body, ECDSA_SHA256, tag(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
