import { z } from 'zod';
import { tlsSettings } from './tls-settings.ts';
import { trafficSettings } from './traffic-settings.ts';

/** Levels of the log, from the least to the most talkative; `silent` writes nothing. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

const port = z.number().int().min(0).max(65_535);

/**
 * The settings of every service. In TypeScript `sessionTimeoutMs`, as a flag `--session-timeout-ms`, in the
 * environment `MPIM_SESSION_TIMEOUT_MS`, in a file `session-timeout-ms`.
 *
 * Leaves are plain zod types (string, number, boolean, enum, array of strings): texts from flags, environment and
 * file are converted before they are checked.
 */
export const commonSettings = z.object({
  zookeeper: z
    .string()
    .min(1)
    .default('127.0.0.1:2181')
    .describe('ZooKeeper servers, host:port[,host:port][/chroot]'),
  zookeeperAuthFile: z
    .string()
    .default('')
    .describe('File with who to be to ZooKeeper, "digest user:password" or "sasl user:password"'),
  zookeeperFollowEnsemble: z
    .boolean()
    .default(false)
    .describe('Try the ZooKeeper servers that the ensemble names, over reconfigurations'),
  zookeeperMaxPacketBytes: z
    .number()
    .int()
    .min(1_024)
    .max(1 << 30)
    .default(1_048_575)
    .describe("Longest request to ZooKeeper, bytes; set it and the servers' jute.maxbuffer alike"),
  zookeeperMaxAnswerBytes: z
    .number()
    .int()
    .min(65_536)
    .max(1 << 30)
    .default(64 << 20)
    .describe('Longest answer of ZooKeeper that is taken into memory, bytes'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  advertisedHost: z
    .string()
    .default('')
    .describe('Address that other services call; the same as --host unless given'),
  port: port.default(0).describe('Port for calls from other services; 0 takes a free one'),
  adminPort: port.default(0).describe('Port of /healthz, /readyz and /metrics; 0 takes a free one'),
  dataDir: z.string().min(1).default('data').describe('Folder for databases and caches'),
  serviceSecretFile: z
    .string()
    .default('')
    .describe('File with the secret between services; made in the data folder unless given'),
  sessionTimeoutMs: z
    .number()
    .int()
    .min(1_000)
    .max(600_000)
    .default(10_000)
    .describe('How long ZooKeeper waits for a silent instance before it removes it, ms'),
  drainTimeoutMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('How long a stopping service waits for calls in flight, ms'),
  logLevel: z.enum(LOG_LEVELS).default('info').describe('Least severe level that is logged'),
  zone: z.string().default('').describe('Data centre or rack of this instance'),
  version: z.string().default('0.1.0').describe('Version announced in the instance record'),
  weight: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe('Share of the calls this instance gets, next to its peers'),
  ...tlsSettings,
  ...trafficSettings,
});

/** The common settings after parsing. */
export type CommonSettings = z.output<typeof commonSettings>;

/** Any zod object that holds at least the common settings. */
export type SettingsSchema = z.ZodObject<typeof commonSettings.shape>;
