import { readFile } from 'node:fs/promises';
import type { TlsCredentials, TlsTransport } from './tls-transport.ts';

/** Where certificates and keys lie, PEM. See {@link TlsCredentials}. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads certificates and key. Rejects with the system's error (`ENOENT`, …). */
export async function readTlsFiles(files: TlsFiles): Promise<TlsCredentials> {
  const entries = Object.entries(files).map(async ([name, path]) => [name, await readFile(path)]);
  return Object.fromEntries(await Promise.all(entries)) as TlsCredentials;
}

/**
 * Looks at the files now and then and gives the transport what changed. A set that cannot be read, or is half
 * replaced, is left alone until it is whole; at every look until then `onError` hears which files these are, and as `cause`
 * what is wrong.
 *
 * ```ts
 * const files = { ca: '/etc/mpim/ca.pem', cert: '/etc/mpim/cert.pem', key: '/etc/mpim/key.pem' };
 * const transport = new TlsTransport(await readTlsFiles(files));
 * using watching = watchTlsFiles(transport, files);
 * ```
 */
export function watchTlsFiles(
  transport: TlsTransport,
  files: TlsFiles,
  options: {
    /** Ms between two looks. Default 10,000. */
    intervalMs?: number;
    onReload?: () => void;
    onError?: (error: unknown) => void;
  } = {},
): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      const credentials = await readTlsFiles(files);
      if (text(credentials) !== text(transport.credentials)) {
        transport.reload(credentials);
        options.onReload?.();
      }
    } catch (error) {
      options.onError?.(unusable(files, error));
    }
    if (stopped) return;
    timer = setTimeout(() => void look(), options.intervalMs ?? 10_000);
    timer.unref();
  };
  void look();
  return {
    [Symbol.dispose]() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function unusable(files: TlsFiles, cause: unknown): Error {
  const names = Object.values(files).join(', ');
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `the TLS files ${names} cannot be used: ${why}; the certificates in use stay. Replace the files by a whole set, in PEM`,
    { cause },
  );
}

function text({ ca, cert, key }: TlsCredentials): string {
  return [ca, cert, key].join('\n');
}
