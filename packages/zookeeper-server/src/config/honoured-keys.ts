import { MIN_SNAP_COUNT } from '../options.ts';
import type { ZooCfgDraft } from './draft.ts';
import {
  consent,
  MAX_PORT,
  offBelowZero,
  oneOf,
  type Setting,
  storeSettings,
  text,
  textFor,
  truth,
  truthFor,
  unlessUnset,
  whole,
  wholeFor,
  wordsFor,
} from './setting.ts';

const PROMETHEUS = 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider';
const DEFAULT_PROVIDERS: ReadonlySet<string> = new Set([
  PROMETHEUS,
  'org.apache.zookeeper.metrics.impl.DefaultMetricsProvider',
  'org.apache.zookeeper.metrics.impl.NullMetricsProvider',
]);

/** Java's names of hashes, in Node's. */
const HASHES: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  SHA1: 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA3-256': 'sha3-256',
  'SHA3-512': 'sha3-512',
  RIPEMD160: 'ripemd160',
};

/** Every key that changes something, without the prefix `zookeeper.` that each may have. */
export const HONOURED: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['tickTime', whole('tickTimeMs', 1)],
  ['dataDir', text('dataDir')],
  ['dataLogDir', text('dataLogDir')],
  ['clientPort', whole('port', 0, MAX_PORT)],
  ['clientPortAddress', text('host')],
  ['clientPortListenBacklog', unlessUnset(whole('listenBacklog', 1))],
  ['clientTcpKeepAlive', truth('tcpKeepAlive')],
  [
    'secureClientPort',
    wholeFor(
      (draft, port) => {
        draft.secure.port = port;
      },
      0,
      MAX_PORT,
    ),
  ],
  [
    'secureClientPortAddress',
    textFor((draft, host) => {
      draft.secure.host = host;
    }),
  ],
  ...storeSettings('ssl.keyStore', (draft) => draft.keyStore),
  ...storeSettings('ssl.trustStore', (draft) => draft.trustStore),
  [
    'ssl.clientAuth',
    oneOf(['need', 'want', 'none'], (draft, auth) => {
      draft.clientAuth = auth;
    }),
  ],
  [
    'ssl.protocol',
    textFor((draft, value) => {
      draft.protocols ??= [value];
    }),
  ],
  [
    'ssl.enabledProtocols',
    wordsFor((draft, names) => {
      draft.protocols = names;
    }),
  ],
  [
    'ssl.ciphersuites',
    wordsFor((draft, names) => {
      draft.ciphers = names;
    }),
  ],
  ['maxClientCnxns', offBelowZero(whole('maxClientConnections', 0))],
  ['maxCnxns', offBelowZero(whole('maxConnections', 0))],
  ['minSessionTimeout', unlessUnset(whole('minSessionTimeoutMs', 1))],
  ['maxSessionTimeout', unlessUnset(whole('maxSessionTimeoutMs', 1))],
  ['jute.maxbuffer', whole('maxFrameBytes', 128, 1 << 30)],
  ['globalOutstandingLimit', whole('maxOutstandingRequests', 1)],
  ['maxUnsentBytes', whole('maxUnsentBytes', 0)],
  ...both(
    'requestThrottleLimit',
    'request_throttle_max_requests',
    offBelowZero(whole('requestThrottleLimit', 0)),
  ),
  ...both(
    'requestThrottleDropStale',
    'request_throttle_drop_stale',
    truth('requestThrottleDropStale'),
  ),
  ...both(
    'requestStaleLatencyCheck',
    'request_stale_latency_check',
    truth('requestStaleLatencyCheck'),
  ),
  ...both('throttledOpWaitTime', 'throttled_op_wait_time', whole('throttledOpWaitMs', 0)),
  ['largeRequestThreshold', unlessUnset(whole('largeRequestThreshold', 1))],
  ['largeRequestMaxBytes', whole('largeRequestMaxBytes', 1)],
  ['nio.sessionlessCnxnTimeout', whole('handshakeTimeoutMs', 1)],
  ['snapCount', whole('snapCount', MIN_SNAP_COUNT)],
  ['autopurge.snapRetainCount', offBelowZero(whole('snapRetainCount', 0))],
  ['autopurge.purgeInterval', offBelowZero(whole('purgeIntervalHours', 0))],
  ['forceSync', consent('forceSync')],
  ['fsync.inline', consent('inlineWrites')],
  ['fsync.warningthresholdms', whole('slowWriteWarningMs', 0)],
  [
    '4lw.commands.whitelist',
    wordsFor((draft, words) => {
      draft.options.fourLetterWordWhitelist = words;
    }),
  ],
  [
    'readonlymode.enabled',
    truthFor((draft, is) => {
      draft.isReadOnlyModeOn = is;
    }),
  ],
  ['extendedTypesEnabled', truth('extendedTypes')],
  ['enforceQuota', truth('enforceQuota')],
  ['reconfigEnabled', truth('reconfigEnabled')],
  ['skipACL', consent('skipAcl')],
  ['DigestAuthenticationProvider.enabled', truth('digestScheme')],
  ['DigestAuthenticationProvider.superDigest', text('superDigest')],
  ['DigestAuthenticationProvider.digestAlg', digestAlgorithm],
  ['X509AuthenticationProvider.superUser', text('superCertificate')],
  ['superUser', superUser],
  [
    'sessionRequireClientSASLAuth',
    truthFor((draft, is) => {
      draft.isSaslDemanded = is;
    }),
  ],
  ['allowSaslFailedClients', truth('allowSaslFailedClients')],
  [
    'enforce.auth.enabled',
    truthFor((draft, is) => {
      draft.isAuthEnforced = is;
    }),
  ],
  [
    'enforce.auth.schemes',
    wordsFor((draft, names) => {
      draft.enforcedSchemes = names;
    }),
  ],
  ['znode.container.checkIntervalMs', whole('containerCheckIntervalMs', 1)],
  ['znode.container.maxPerMinute', whole('containerMaxPerMinute', 1)],
  ['znode.container.maxNeverUsedIntervalMs', whole('containerMaxNeverUsedMs', 0)],
  [
    'admin.enableServer',
    truthFor((draft, is) => {
      draft.isAdminWanted = is;
    }),
  ],
  [
    'admin.serverAddress',
    admin(
      textFor((draft, host) => {
        draft.admin.host = host;
      }),
    ),
  ],
  [
    'admin.serverPort',
    admin(
      wholeFor(
        (draft, port) => {
          draft.admin.port = port;
        },
        0,
        MAX_PORT,
      ),
    ),
  ],
  [
    'admin.commandURL',
    admin(
      textFor((draft, url) => {
        draft.admin.commandUrl = url;
      }),
    ),
  ],
  [
    'admin.idleTimeout',
    admin(
      wholeFor((draft, ms) => {
        draft.admin.idleTimeoutMs = ms;
      }, 1),
    ),
  ],
  ['metricsProvider.className', metricsProvider],
  [
    'metricsProvider.httpHost',
    textFor((draft, host) => {
      draft.prometheus.host = host;
    }),
  ],
  [
    'metricsProvider.httpPort',
    wholeFor(
      (draft, port) => {
        draft.prometheus.port = port;
      },
      0,
      MAX_PORT,
    ),
  ],
]);

/** The setting for a key, without its prefix. */
export function settingFor(name: string): Setting | undefined {
  return HONOURED.get(name) ?? (name.startsWith('superUser.') ? superUser : undefined);
}

/** The name in the guide and that of the system property. */
function both(name: string, property: string, setting: Setting): [string, Setting][] {
  return [
    [name, setting],
    [property, setting],
  ];
}

/** Any line about the admin port opens it, unless one says that it is to stay shut. */
function admin(setting: Setting): Setting {
  return (draft, value) => {
    draft.isAdminWanted ??= true;
    return setting(draft, value);
  };
}

function superUser({ options }: ZooCfgDraft, value: string): string | null {
  if (value === '') return 'a value';
  options.superUsers = [...(options.superUsers ?? []), value];
  return null;
}

function digestAlgorithm({ options }: ZooCfgDraft, value: string): string | null {
  const hash = HASHES[value.toUpperCase()];
  if (hash === undefined) return `one of ${Object.keys(HASHES).join(', ')}`;
  options.digestAlgorithm = hash;
  return null;
}

function metricsProvider(draft: ZooCfgDraft, value: string): string | null {
  if (!DEFAULT_PROVIDERS.has(value)) return `${PROMETHEUS}, or leave the line out`;
  draft.isPrometheusWanted = value === PROMETHEUS;
  return null;
}
