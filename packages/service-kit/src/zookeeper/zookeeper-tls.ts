import { TlsFiles } from '@mpim/zookeeper';
import { ServiceKitError } from '../error.ts';

/** Where the certificates for ZooKeeper lie, PEM; without an authority there is no TLS. */
export interface ZooKeeperTlsFiles {
  readonly zookeeperTlsCa: string;
  readonly zookeeperTlsCert: string;
  readonly zookeeperTlsKey: string;
  /** The name that the servers' certificates are for; empty: their host. */
  readonly zookeeperTlsName: string;
}

/**
 * How to speak TLS to ZooKeeper, with files that may be replaced meanwhile; `undefined` when no authority is named.
 *
 * @throws ServiceKitError `INVALID_SETTING` when a file is missing, `TLS_FILES` when one cannot be used
 */
export function zookeeperTls(files: ZooKeeperTlsFiles): TlsFiles | undefined {
  const { zookeeperTlsCa: ca, zookeeperTlsCert: cert, zookeeperTlsKey: key } = files;
  if (ca === '') {
    if (cert === '' && key === '') return undefined;
    throw new ServiceKitError(
      'INVALID_SETTING',
      'A certificate for ZooKeeper needs TLS: name the authority of its servers with --zookeeper-tls-ca.',
    );
  }
  if ((cert === '') !== (key === '')) {
    throw new ServiceKitError(
      'INVALID_SETTING',
      '--zookeeper-tls-cert and --zookeeper-tls-key belong together: give both or none.',
    );
  }
  try {
    return new TlsFiles({
      ca,
      ...(cert === '' ? {} : { cert, key }),
      ...(files.zookeeperTlsName === '' ? {} : { serverName: files.zookeeperTlsName }),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'TLS_FILES',
      `Cannot speak TLS to ZooKeeper: ${reason}. Name PEM files this user may read, and the key of the certificate, with --zookeeper-tls-ca, --zookeeper-tls-cert and --zookeeper-tls-key.`,
      { cause },
    );
  }
}
