/**
 * Whether a request may come from this web page. Browsers always send Origin with WebSockets and POSTs;
 * a request without one is not from a web page. Pages of this gateway itself (same host and port as the
 * Host header) and those on the list may.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  if (host === undefined) return false;
  try {
    const url = new URL(origin);
    return (
      (url.protocol === 'http:' || url.protocol === 'https:') && url.host === normal(host, url)
    );
  } catch {
    return false;
  }
}

/** The Host header as a URL of this origin's scheme would spell it (no default port, lower case). */
function normal(host: string, origin: URL): string {
  return new URL(`${origin.protocol}//${host}`).host;
}
