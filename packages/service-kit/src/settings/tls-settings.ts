import { z } from 'zod';

const file = (what: string) => z.string().default('').describe(what);

/** TLS between services and to ZooKeeper; part of the common settings. All files are PEM. */
export const tlsSettings = {
  rpcTlsCert: file('Certificate of this service, for TLS with the other services'),
  rpcTlsKey: file('Key of --rpc-tls-cert'),
  rpcTlsCa: file('Authority whose certificates the services show each other'),
  rpcTlsName: z
    .string()
    .default('')
    .describe('Name that the certificates of called services are for; their address unless given'),
  rpcTlsClientCert: z
    .boolean()
    .default(true)
    .describe('With TLS, refuse callers that show no certificate of --rpc-tls-ca'),
  rpcTlsReloadMs: z
    .number()
    .int()
    .min(100)
    .max(3_600_000)
    .default(10_000)
    .describe(
      'How often the files of --rpc-tls-* and --zookeeper-tls-* are looked at for changes, ms',
    ),
  zookeeperTlsCa: file('Authority of the ZooKeeper servers; with it, they are spoken to by TLS'),
  zookeeperTlsCert: file('Certificate shown to the ZooKeeper servers'),
  zookeeperTlsKey: file('Key of --zookeeper-tls-cert'),
  zookeeperTlsName: z
    .string()
    .default('')
    .describe('Name that the ZooKeeper servers are certified for; their host unless given'),
};
