import { readFileSync } from 'node:fs';
import type { TlsOptions } from '@mpim/zookeeper';
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
 * How to speak TLS to ZooKeeper; `undefined` when no authority is named.
 *
 * @throws ServiceKitError `INVALID_SETTING` when a file is missing, `TLS_FILES` when one cannot be read
 */
export function zookeeperTls(files: ZooKeeperTlsFiles): TlsOptions | undefined {
  const { zookeeperTlsCa, zookeeperTlsCert, zookeeperTlsKey, zookeeperTlsName } = files;
  if (zookeeperTlsCa === '') {
    if (zookeeperTlsCert === '' && zookeeperTlsKey === '') return undefined;
    throw new ServiceKitError(
      'INVALID_SETTING',
      'A certificate for ZooKeeper needs TLS: name the authority of its servers with --zookeeper-tls-ca.',
    );
  }
  if ((zookeeperTlsCert === '') !== (zookeeperTlsKey === '')) {
    throw new ServiceKitError(
      'INVALID_SETTING',
      '--zookeeper-tls-cert and --zookeeper-tls-key belong together: give both or none.',
    );
  }
  return {
    ca: read(zookeeperTlsCa, 'ca'),
    ...(zookeeperTlsCert === ''
      ? {}
      : { cert: read(zookeeperTlsCert, 'cert'), key: read(zookeeperTlsKey, 'key') }),
    ...(zookeeperTlsName === '' ? {} : { serverName: zookeeperTlsName }),
  };
}

function read(path: string, name: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'TLS_FILES',
      `Cannot read ${path}: ${reason}. Name a PEM file this user may read with --zookeeper-tls-${name}.`,
      { cause },
    );
  }
}
