import { readTlsFiles, TlsTransport, watchTlsFiles } from '@mpim/mprpc';
import type { Logger } from 'pino';
import { ServiceKitError } from '../error.ts';

/** Where a service's certificate, its key and its authority's certificate lie; empty: no TLS. */
export interface RpcTlsFiles {
  readonly rpcTlsCert: string;
  readonly rpcTlsKey: string;
  readonly rpcTlsCa: string;
  /** The name that others' certificates are for; empty: their address. */
  readonly rpcTlsName: string;
}

/** How a service speaks TLS with the others. */
export interface RpcTlsSettings extends RpcTlsFiles {
  readonly rpcTlsClientCert: boolean;
  readonly rpcTlsReloadMs: number;
}

function filesOf({ rpcTlsCert: cert, rpcTlsKey: key, rpcTlsCa: ca }: RpcTlsFiles) {
  const files = { cert, key, ca };
  const missing = Object.entries(files)
    .filter(([, path]) => path === '')
    .map(([name]) => `--rpc-tls-${name}`);
  if (missing.length === 3) return undefined;
  if (missing.length === 0) return files;
  throw new ServiceKitError(
    'INVALID_SETTING',
    `TLS between services needs certificate, key and authority: ${missing.join(' and ')} not given.`,
  );
}

/**
 * TLS with what lies in the files, to call with or to serve; `undefined` when none are named.
 *
 * @throws ServiceKitError `INVALID_SETTING` when one is missing, `TLS_FILES` when one cannot be used
 */
export async function rpcTlsTransport(
  settings: RpcTlsFiles,
  requireClientCertificate = false,
): Promise<TlsTransport | undefined> {
  const files = filesOf(settings);
  if (files === undefined) return undefined;
  try {
    return new TlsTransport({
      ...(await readTlsFiles(files)),
      requireClientCertificate,
      ...(settings.rpcTlsName === '' ? {} : { serverName: settings.rpcTlsName }),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'TLS_FILES',
      `Cannot speak TLS with ${Object.values(files).join(', ')}: ${reason}. Give PEM files this user may read, and the key of the certificate.`,
      { cause },
    );
  }
}

/** The same for a service: replaced files are taken into use while it runs, until `stack` is disposed. */
export async function watchedRpcTls(
  settings: RpcTlsSettings,
  stack: AsyncDisposableStack,
  logger: Logger,
): Promise<TlsTransport | undefined> {
  const transport = await rpcTlsTransport(settings, settings.rpcTlsClientCert);
  const files = filesOf(settings);
  if (transport === undefined || files === undefined) return undefined;
  let told = '';
  stack.use(
    watchTlsFiles(transport, files, {
      intervalMs: settings.rpcTlsReloadMs,
      onReload: () => {
        told = '';
        logger.info('using the new certificates for calls between services');
      },
      onError: (err) => {
        if (String(err) === told) return;
        told = String(err);
        logger.warn({ err }, 'the new certificates cannot be used: going on with the old ones');
      },
    }),
  );
  return transport;
}
