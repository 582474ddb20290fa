import { namesOf, requireKnown } from '../options/known-names.ts';
import type { ListenerTls } from '../transport.ts';
import type { TlsStore, TlsStores } from './tls-stores.ts';

const CERTIFICATES = namesOf<ListenerTls>({
  key: true,
  cert: true,
  pfx: true,
  passphrase: true,
  ca: true,
  clientAuth: true,
  protocols: true,
  ciphers: true,
});
const STORES = namesOf<TlsStores>({
  keyStore: true,
  trustStore: true,
  clientAuth: true,
  protocols: true,
  ciphers: true,
});
const STORE = namesOf<TlsStore>({
  location: true,
  password: true,
  passwordFile: true,
  type: true,
});

/**
 * Throws `ZooKeeperServerError` `BAD_OPTION` for a field that certificates of a door do not have: a misspelt `ca` would let
 * everybody in. `what` they are called is for the message.
 */
export function requireKnownTls(
  what: string,
  tls: ListenerTls | TlsStores | null | undefined,
): void {
  if (tls === null || tls === undefined) return;
  const isStores = 'keyStore' in tls;
  requireKnown(what, tls, isStores ? STORES : CERTIFICATES);
  if (!isStores) return;
  requireKnown(`${what}.keyStore`, tls.keyStore, STORE);
  requireKnown(`${what}.trustStore`, tls.trustStore, STORE);
}
