import { type Hello, HelloField } from '../wire/hello.ts';
import {
  type PeerIdentity,
  Scheme,
  type ServerAuthentication,
  secretBytes,
  unauthenticated,
} from './authentication.ts';
import { encodeOffer, offeredSchemes, proof, sameBytes } from './credentials.ts';
import type { Handshake, SendAuth, Step, Transcript } from './handshake.ts';

/** The serving side's part; one for each connection. */
export class ServerHandshake implements Handshake {
  readonly side = 'server';
  readonly fields: ReadonlyMap<number, Buffer>;
  readonly #authentication: ServerAuthentication | undefined;
  readonly #accepted: readonly string[];
  #transcript: Transcript | undefined;
  #scheme = '';
  /** Who the caller is; right once the handshake is done. */
  identity: PeerIdentity;

  constructor(authentication: ServerAuthentication | undefined, tlsSubject: string | undefined) {
    this.#authentication = authentication;
    this.identity =
      tlsSubject === undefined ? { kind: 'none' } : { kind: 'tls', subject: tlsSubject };
    this.#accepted = acceptedSchemes(authentication);
    this.fields = new Map(
      authentication === undefined
        ? []
        : [[HelloField.AUTHENTICATION, encodeOffer(this.#accepted)]],
    );
  }

  onHello(hello: Hello, transcript: Transcript): Step {
    if (this.#authentication === undefined) return 'done';
    const [scheme = ''] = offeredSchemes(hello.fields.get(HelloField.AUTHENTICATION));
    if (!this.#accepted.includes(scheme)) {
      throw unauthenticated(
        `callers must authenticate (${this.#accepted.join(' or ')}); this one offers ${scheme === '' ? 'nothing' : scheme}`,
      );
    }
    this.#scheme = scheme;
    this.#transcript = transcript;
    return 'wait';
  }

  onAuth(body: Buffer, send: SendAuth): Step | Promise<Step> {
    const transcript = this.#transcript;
    if (transcript === undefined) throw unauthenticated('the caller has authenticated already');
    this.#transcript = undefined;
    return this.#scheme === Scheme.HMAC
      ? this.#checkProof(body, transcript, send)
      : this.#checkToken(body.toString(), send);
  }

  #checkProof(body: Buffer, transcript: Transcript, send: SendAuth): Step {
    for (const secret of this.#authentication?.secrets ?? []) {
      const bytes = secretBytes(secret);
      if (!sameBytes(body, proof(bytes, 'client', transcript))) continue;
      send(proof(bytes, 'server', transcript));
      this.identity = { kind: 'shared-secret' };
      return 'done';
    }
    throw unauthenticated('the caller does not have the shared secret');
  }

  async #checkToken(token: string, send: SendAuth): Promise<Step> {
    let subject: string | undefined;
    try {
      subject = await this.#authentication?.verifyToken?.(token);
    } catch (cause) {
      // The caller learns no more; why is for this side.
      throw Object.assign(unauthenticated("the caller's token cannot be verified"), { cause });
    }
    if (subject === undefined) throw unauthenticated("the caller's token is not valid");
    this.identity = { kind: 'token', subject };
    send(Buffer.alloc(0));
    return 'done';
  }
}

/** Throws RpcError INVALID_ARGUMENT when a secret is too short. */
export function acceptedSchemes(authentication: ServerAuthentication | undefined): string[] {
  const { secrets = [], verifyToken } = authentication ?? {};
  for (const secret of secrets) secretBytes(secret);
  return [
    ...(secrets.length > 0 ? [Scheme.HMAC] : []),
    ...(verifyToken === undefined ? [] : [Scheme.TOKEN]),
  ];
}
