import { RpcError } from '@mpim/mprpc';

/** ZooKeeper does not answer and no address of the service is known: UNAVAILABLE, reason `REGISTRY_UNAVAILABLE`. */
export function registryUnavailable(service: string, cause: unknown): RpcError {
  return new RpcError(
    'UNAVAILABLE',
    `ZooKeeper does not answer and no address of ${service} is known; check the connection to ZooKeeper`,
    { reason: 'REGISTRY_UNAVAILABLE', cause },
  );
}
