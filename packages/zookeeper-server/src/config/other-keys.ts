/**
 * Keys that change nothing here and need not, by the reason why. A name that ends in `*` stands for all that begin so.
 */
export const NEEDLESS: Readonly<Record<string, readonly string[]>> = {
  'about an ensemble': [
    'initLimit',
    'syncLimit',
    'connectToLearnerMasterLimit',
    'electionAlg',
    'standaloneEnabled',
    'peerType',
    'leaderServes',
    'cnxTimeout',
    'observerMasterPort',
    'syncEnabled',
    'observer.*',
    'dynamicConfigFile',
    'server.*',
    'weight.*',
    'group.*',
    'quorum.*',
    'quorumListenOnAllIPs',
    'quorumCnxnTimeoutMs',
    'sslQuorum',
    'sslQuorumReloadCertFiles',
    'portUnification',
    'ssl.quorum.*',
    'multiAddress.*',
    'fastleader.*',
    'electionPortBindRetry',
    'tcpKeepAlive',
    'maxTimeToWaitForEpoch',
    'maxConcurrentSnapSyncs',
    'maxConcurrentDiffSyncs',
    'leader.*',
    'learner.*',
    'follower.*',
    'commitLogCount',
    'forward_learner_requests_to_commit_processor_disabled',
    'localSessionsEnabled',
    'localSessionsUpgradingEnabled',
    'messageTracker.*',
    'db.autocreate',
    'oraclePath',
  ],
  "about threads, caches and queues of Apache's that do not exist here": [
    'nio.numSelectorThreads',
    'nio.numWorkerThreads',
    'nio.directBufferBytes',
    'nio.shutdownTimeout',
    'commitProcessor.*',
    'serverCnxnFactory',
    'netty.*',
    'advancedFlowControlEnabled',
    'outstandingHandshake.limit',
    'maxResponseCacheSize',
    'maxGetChildrenResponseCacheSize',
    'watchManagerName',
    'watcherCleanThreadsNum',
    'watcherCleanThreshold',
    'watcherCleanIntervalInSeconds',
    'maxInProcessingDeadWatchers',
    'bitHashCacheSize',
    'enableEagerACLCheck',
    'jvm.pause.*',
    'metricsProvider.numWorkerThreads',
    'metricsProvider.maxQueueSize',
    'metricsProvider.workerShutdownTimeoutMs',
    'metricsProvider.exportJvmInfo',
    'requestThrottleStallTime',
    'request_throttle_stall_time',
    'request_throttler.shutdownTimeout',
    'fips-mode',
    'jute.maxbuffer.extrasize',
  ],
  'done as needed, without a number to set': [
    'preAllocSize',
    'flushDelay',
    'maxWriteQueuePollTime',
    'maxBatchSize',
    'ssl.handshakeDetectionTimeoutMillis',
    'digest.enabled',
  ],
};

/** Keys that would change something which cannot be done here, with what happens instead. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  snapSizeLimitInKb: 'snapCount alone says when a snapshot is written',
  txnLogSizeLimitInKb: 'snapCount alone says when a new log is begun',
  'snapshot.compression.method': 'snapshots are written uncompressed',
  'snapshot.trust.empty': 'logs without a snapshot are treated as ever',
  'datadir.autocreate': 'folders that are missing are made',
  emulate353TTLNodes: 'nodes with a time to live of ZooKeeper 3.5.3 are not known',
  'audit.*': 'there is no audit log',
  requestStaleConnectionCheck: 'requests of a connection that has gone are always dropped',
  request_stale_connection_check: 'requests of a connection that has gone are always dropped',
  connectionMaxTokens: 'the rate of new connections is not limited',
  connectionTokenFillTime: 'the rate of new connections is not limited',
  connectionTokenFillCount: 'the rate of new connections is not limited',
  connectionFreezeTime: 'the rate of new connections is not limited',
  connectionDropIncrease: 'the rate of new connections is not limited',
  connectionDropDecrease: 'the rate of new connections is not limited',
  connectionDecreaseRatio: 'the rate of new connections is not limited',
  'connection_throttle_*': 'the rate of new connections is not limited',
  'ssl.crl': 'certificates are not looked up in revocation lists',
  'ssl.ocsp': 'certificates are not asked after',
  'ssl.hostnameVerification': "clients' certificates are not compared with their addresses",
  'ssl.clientHostnameVerification': "clients' certificates are not compared with their addresses",
  'ssl.authProvider': 'client certificates are judged by the scheme x509',
  'ssl.context.supplier.class': 'there are no Java classes here',
  'client.portUnification': 'plain and TLS clients need a port each',
  'admin.portUnification': 'the admin port speaks plain HTTP',
  'admin.needClientAuth': 'the admin port speaks plain HTTP',
  'metricsProvider.httpsPort': 'metrics are served over plain HTTP',
  'metricsProvider.ssl.*': 'metrics are served over plain HTTP',
  ensembleAuthName: 'the scheme ensemble is not known',
  'kerberos.*': 'SASL is spoken as DIGEST-MD5 only',
  'admin.rateLimiterIntervalInMS': 'the admin port takes no snapshots',
  'admin.snapshot.*': 'the admin port takes no snapshots',
  'admin.restore.*': 'the admin port restores nothing',
};

/** Values by which a line says that it wants nothing. */
const NOTHING: ReadonlySet<string> = new Set(['', 'false', '0', '-1', 'no']);
/** Lines that want nothing when they say `true`. */
const ON_BY_DEFAULT: ReadonlySet<string> = new Set([
  'requestStaleConnectionCheck',
  'request_stale_connection_check',
  'datadir.autocreate',
]);

/** Whether a key changes nothing here, and need not. */
export function isNeedless(name: string): boolean {
  return Object.values(NEEDLESS).some((names) => names.some((each) => matches(each, name)));
}

/** What happens instead of what a line asks for; undefined if it asks for nothing, or is not known. */
export function insteadOf(name: string, value: string): string | undefined {
  const wantsNothing = ON_BY_DEFAULT.has(name)
    ? value.toLowerCase() === 'true'
    : NOTHING.has(value.toLowerCase());
  if (wantsNothing) return undefined;
  return Object.entries(UNSUPPORTED).find(([each]) => matches(each, name))?.[1];
}

/** Whether a key is known as one that cannot be honoured. */
export function isUnsupported(name: string): boolean {
  return Object.keys(UNSUPPORTED).some((each) => matches(each, name));
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
