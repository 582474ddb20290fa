const UNKNOWN_AUTHORITY =
  "the server's certificate is from an authority that is not trusted: name it in tls.ca";
const NO_TLS = 'the server does not speak TLS on this port: name its secureClientPort';
const OWN_CERTIFICATE_MISSING =
  'the server wants a certificate of the client: give tls.cert and tls.key';
const OWN_CERTIFICATE_REFUSED =
  "the server does not take the client's certificate (tls.cert): it must be valid and from an authority the server trusts";

const REASONS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** Alerts by which a server refuses what it was shown. */
const REFUSED_CERTIFICATE =
  /^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/;
/** What an end of the connection within the handshake comes as. */
const CUT_IN_HANDSHAKE = 'before secure TLS connection was established';

/** Why a TLS connection failed, in words that say what to do, the original as its cause. */
export function explainTls(error: Error, hasCertificate: boolean): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = reasonFor(code ?? '', message, hasCertificate);
  return reason === undefined ? error : new Error(`${reason} (${code})`, { cause: error });
}

function reasonFor(code: string, message: string, hasCertificate: boolean): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the server's certificate is for another host: ${message}; see tls.serverName`;
  }
  if (REFUSED_CERTIFICATE.test(code)) {
    return hasCertificate ? OWN_CERTIFICATE_REFUSED : OWN_CERTIFICATE_MISSING;
  }
  if (message.includes(CUT_IN_HANDSHAKE)) {
    return 'closed during the TLS handshake: the server may not speak TLS on this port, or not take the client';
  }
  return REASONS[code];
}
