import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Transcript } from './handshake.ts';

const NONCE_BYTES = 32;

/** The value of HELLO's authentication field: schemes, 0x00, 32 random bytes. */
export function encodeOffer(schemes: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(`${schemes.join(',')}\0`), randomBytes(NONCE_BYTES)]);
}

/** The schemes of an offer; none when there is no offer, or one without enough randomness. */
export function offeredSchemes(offer: Buffer | undefined): readonly string[] {
  const end = offer?.indexOf(0) ?? -1;
  if (offer === undefined || end < 0 || offer.length !== end + 1 + NONCE_BYTES) return [];
  return offer.toString('latin1', 0, end).split(',');
}

/**
 * What only somebody with the secret can say about these two HELLOs. Each side says it in its own words, so
 * that neither can be answered with what it said itself.
 */
export function proof(secret: Buffer, side: 'client' | 'server', transcript: Transcript): Buffer {
  return createHmac('sha256', secret)
    .update(`mprpc ${side} proof`)
    .update(createHash('sha256').update(transcript.client).digest())
    .update(createHash('sha256').update(transcript.server).digest())
    .digest();
}

/** Compares in a time that tells nothing. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
