import { type Hello, HelloField } from '../wire/hello.ts';
import {
  type ClientAuthentication,
  Scheme,
  secretBytes,
  unauthenticated,
} from './authentication.ts';
import { encodeOffer, offeredSchemes, proof, sameBytes } from './credentials.ts';
import type { Handshake, SendAuth, Step, Transcript } from './handshake.ts';

/** The calling side's part; one for each connection. */
export class ClientHandshake implements Handshake {
  readonly side = 'client';
  readonly fields: ReadonlyMap<number, Buffer>;
  readonly #authentication: ClientAuthentication | undefined;
  #expected: Buffer | undefined;

  constructor(authentication: ClientAuthentication | undefined) {
    this.#authentication = authentication;
    this.fields = new Map(
      authentication === undefined
        ? []
        : [[HelloField.AUTHENTICATION, encodeOffer([schemeOf(authentication)])]],
    );
  }

  onHello(hello: Hello, transcript: Transcript, send: SendAuth): Step | Promise<Step> {
    const demanded = offeredSchemes(hello.fields.get(HelloField.AUTHENTICATION));
    const authentication = this.#authentication;
    if (authentication === undefined) {
      if (!hello.fields.has(HelloField.AUTHENTICATION)) return 'done';
      throw unauthenticated(
        `it demands authentication (${demanded.join(' or ')}) and this channel has none configured`,
      );
    }
    const scheme = schemeOf(authentication);
    if (!demanded.includes(scheme)) {
      // A token is only for who asks. But whoever has a secret to share also wants the other side's proof.
      const demandsNothing = !hello.fields.has(HelloField.AUTHENTICATION);
      if (scheme === Scheme.TOKEN && demandsNothing) return 'done';
      throw unauthenticated(
        demandsNothing
          ? 'it does not prove that it has the shared secret'
          : `it demands ${demanded.join(' or ')}, this channel has ${scheme}`,
      );
    }
    if ('secret' in authentication) {
      const secret = secretBytes(authentication.secret);
      this.#expected = proof(secret, 'server', transcript);
      send(proof(secret, 'client', transcript));
      return 'wait';
    }
    const { token } = authentication;
    if (typeof token === 'string') {
      send(Buffer.from(token));
      return 'wait';
    }
    return sendToken(token, send);
  }

  onAuth(body: Buffer): Step {
    if (this.#expected !== undefined && !sameBytes(body, this.#expected)) {
      throw unauthenticated('it does not have the shared secret');
    }
    return 'done';
  }
}

async function sendToken(token: () => string | Promise<string>, send: SendAuth): Promise<Step> {
  send(Buffer.from(await token()));
  return 'wait';
}

function schemeOf(authentication: ClientAuthentication): string {
  return 'secret' in authentication ? Scheme.HMAC : Scheme.TOKEN;
}
