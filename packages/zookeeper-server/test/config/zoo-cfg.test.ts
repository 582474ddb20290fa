import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseZooCfg } from '@mpim/zookeeper-server';
import { parseProperties } from '../../src/config/properties.ts';

test('properties are read as Java reads them', () => {
  const text = [
    '# a comment',
    '  ! another',
    'a=1',
    'b : two words  ',
    'c\tthree',
    'path=C:\\\\data\\u0041',
    'long=first,\\',
    '   second',
    'with\\ blank=x',
    'empty=',
    '',
  ].join('\r\n');
  assert.deepEqual(parseProperties(text), [
    { key: 'a', value: '1', line: 3 },
    { key: 'b', value: 'two words', line: 4 },
    { key: 'c', value: 'three', line: 5 },
    { key: 'path', value: 'C:\\dataA', line: 6 },
    { key: 'long', value: 'first,second', line: 7 },
    { key: 'with blank', value: 'x', line: 9 },
    { key: 'empty', value: '', line: 10 },
  ]);
});

test("Apache's sample file is understood without a warning", () => {
  const sample = `
# The number of milliseconds of each tick
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/var/lib/zookeeper
clientPort=2181
#maxClientCnxns=60
`;
  assert.deepEqual(parseZooCfg(sample, 'zoo.cfg'), {
    options: {
      tickTimeMs: 2000,
      dataDir: '/var/lib/zookeeper',
      port: 2181,
      host: '0.0.0.0',
      purgeIntervalHours: 0,
      initialConfiguration:
        'tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/var/lib/zookeeper\nclientPort=2181\n',
    },
    warnings: [],
  });
});

test('every setting finds its place', () => {
  const { options, warnings } = parseZooCfg(
    `dataDir=d
dataLogDir=l
clientPort=2182
clientPortAddress=127.0.0.1
clientPortListenBacklog=7
clientTcpKeepAlive=true
maxClientCnxns=0
maxCnxns=5
minSessionTimeout=-1
maxSessionTimeout=90000
jute.maxbuffer=4194304
globalOutstandingLimit=500
requestThrottleLimit=9
zookeeper.request_throttle_drop_stale=false
requestStaleLatencyCheck=true
throttled_op_wait_time=50
largeRequestThreshold=1000
largeRequestMaxBytes=5000
nio.sessionlessCnxnTimeout=3000
snapCount=1000
autopurge.snapRetainCount=5
autopurge.purgeInterval=24
forceSync=no
fsync.inline=no
fsync.warningthresholdms=20
4lw.commands.whitelist=stat, ruok
readonlymode.enabled=true
zookeeper.extendedTypesEnabled=true
enforceQuota=TRUE
reconfigEnabled=true
skipACL=yes
DigestAuthenticationProvider.enabled=true
DigestAuthenticationProvider.superDigest=super:x
DigestAuthenticationProvider.digestAlg=SHA-256
X509AuthenticationProvider.superUser=CN=root
superUser=bob
zookeeper.superUser.1=eve
allowSaslFailedClients=true
enforce.auth.enabled=true
enforce.auth.schemes=digest, x509
znode.container.checkIntervalMs=1000
znode.container.maxPerMinute=10
znode.container.maxNeverUsedIntervalMs=0
admin.serverPort=8081
admin.commandURL=/ask
admin.idleTimeout=100
metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider
metricsProvider.httpPort=7001
authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider
server.1=localhost:2888:3888`,
    'zoo.cfg',
  );
  const { initialConfiguration, ...rest } = options;
  assert.deepEqual(rest, {
    host: '127.0.0.1',
    port: 2182,
    listenBacklog: 7,
    tcpKeepAlive: true,
    dataDir: 'd',
    dataLogDir: 'l',
    maxClientConnections: 0,
    maxConnections: 5,
    maxSessionTimeoutMs: 90_000,
    maxFrameBytes: 4_194_304,
    maxOutstandingRequests: 500,
    requestThrottleLimit: 9,
    requestThrottleDropStale: false,
    requestStaleLatencyCheck: true,
    throttledOpWaitMs: 50,
    largeRequestThreshold: 1000,
    largeRequestMaxBytes: 5000,
    handshakeTimeoutMs: 3000,
    snapCount: 1000,
    snapRetainCount: 5,
    purgeIntervalHours: 24,
    forceSync: false,
    inlineWrites: false,
    slowWriteWarningMs: 20,
    fourLetterWordWhitelist: ['stat', 'ruok', 'isro'],
    extendedTypes: true,
    enforceQuota: true,
    reconfigEnabled: true,
    skipAcl: true,
    digestScheme: true,
    superDigest: 'super:x',
    digestAlgorithm: 'sha256',
    superCertificate: 'CN=root',
    superUsers: ['bob', 'eve'],
    allowSaslFailedClients: true,
    enforceAuthSchemes: ['digest', 'x509'],
    containerCheckIntervalMs: 1000,
    containerMaxPerMinute: 10,
    containerMaxNeverUsedMs: 0,
    admin: { host: '127.0.0.1', port: 8081, commandUrl: '/ask', idleTimeoutMs: 100 },
    prometheus: { host: '127.0.0.1', port: 7001 },
  });
  assert.deepEqual(warnings, []);
  assert.doesNotMatch(initialConfiguration ?? '', /super:x/);
  assert.match(initialConfiguration ?? '', /superDigest=\*\*\*\n/);
});

test('TLS has a door beside the plain one, or instead of it', () => {
  const secure = `dataDir=d
secureClientPort=2281
ssl.keyStore.location=server.pem
ssl.keyStore.passwordPath=pass
ssl.trustStore.location=ca.pem
ssl.clientAuth=want
ssl.enabledProtocols=TLSv1.2,TLSv1.3`;
  const tls = {
    keyStore: { location: 'server.pem', passwordFile: 'pass' },
    trustStore: { location: 'ca.pem' },
    clientAuth: 'want',
    protocols: ['TLSv1.2', 'TLSv1.3'],
  };
  const alone = parseZooCfg(`${secure}\nsecureClientPortAddress=127.0.0.1`, 'a.cfg').options;
  assert.deepEqual([alone.port, alone.host, alone.tls], [2281, '127.0.0.1', tls]);
  const beside = parseZooCfg(`${secure}\nclientPort=2181`, 'a.cfg').options;
  assert.deepEqual([beside.port, beside.tls], [2181, undefined]);
  assert.deepEqual(beside.secure, { host: '0.0.0.0', port: 2281, tls });
});

test('what is given stands in the place of the lines of the file', () => {
  const given = { dataDir: 'own', host: '::1', tickTimeMs: 100 };
  const file = 'tickTime=2000\ndataDir=d\nclientPort=1\nclientPortAddress=10.0.0.1';
  const { options } = parseZooCfg(file, 'a.cfg', given);
  assert.deepEqual(
    { ...options, initialConfiguration: '' },
    {
      ...given,
      port: 1,
      purgeIntervalHours: 0,
      initialConfiguration: '',
    },
  );
  assert.equal(parseZooCfg('', 'a.cfg', { dataDir: 'own' }).options.dataDir, 'own');

  const tls = 'secureClientPort=2281\nssl.keyStore.location=server.pem';
  const beside = parseZooCfg(tls, 'a.cfg', { ...given, port: 2181 }).options;
  assert.deepEqual([beside.port, beside.tls], [2181, undefined]);
  assert.equal(beside.secure?.port, 2281);
  assert.equal(beside.secure?.host, '::1', 'the door for TLS must not stay open to all');
  const alone = parseZooCfg(tls, 'a.cfg', given).options;
  assert.deepEqual([alone.port, alone.host], [2281, '::1']);
});

test('the admin port opens only if the file speaks of it, and never without the TLS it demands', () => {
  const admin = (lines: string) => parseZooCfg(`dataDir=d\n${lines}`, 'a.cfg');
  assert.equal(admin('').options.admin, undefined);
  assert.equal(admin('admin.enableServer=false\nadmin.serverPort=1').options.admin, undefined);
  const { options } = admin('admin.enableServer=true\nadmin.serverAddress=0.0.0.0');
  assert.deepEqual(options.admin, { host: '0.0.0.0', port: 8080 });
  const forced = admin('admin.enableServer=true\nadmin.forceHttps=true');
  assert.equal(forced.options.admin, undefined);
  assert.match(forced.warnings.join(), /line 3: admin\.forceHttps cannot be done/);
});

test('what means nothing to one server alone is passed over; what cannot be done is named', () => {
  const quiet = `initLimit=10
syncLimit=5
standaloneEnabled=true
quorum.auth.enableSasl=false
ssl.quorum.keyStore.location=x
serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
preAllocSize=65536
flushDelay=0
snapshot.compression.method=
audit.enable=false
connectionMaxTokens=0
datadir.autocreate=true`;
  assert.deepEqual(parseZooCfg(`dataDir=d\n${quiet}`, 'a.cfg').warnings, []);
  const loud =
    'dataDir=d\nsnapshot.compression.method=gz\naudit.enable=true\nssl.crl=true\nauthProvider.1=com.Own';
  assert.deepEqual(parseZooCfg(loud, 'a.cfg').warnings, [
    'a.cfg, line 2: snapshot.compression.method is not supported: snapshots are written uncompressed',
    'a.cfg, line 3: audit.enable is not supported: there is no audit log',
    'a.cfg, line 4: ssl.crl is not supported: certificates are not looked up in revocation lists',
    'a.cfg, line 5: authProvider.1: there are no Java classes here; com.Own is not known',
  ]);
});

test('of lines with the same key the last one counts, as in Java, and the others are named', () => {
  const text =
    'dataDir=d\ntickTime=fast\nsuperUser=eve\ntickTime = 100\nsuperUser=bob\nserver.1=a\nserver.1=b';
  const { options, warnings } = parseZooCfg(text, 'a.cfg');
  assert.equal(options.tickTimeMs, 100);
  assert.deepEqual(options.superUsers, ['bob']);
  assert.deepEqual(warnings, [
    'a.cfg, line 2: tickTime stands again in line 4, which counts',
    'a.cfg, line 3: superUser stands again in line 5, which counts',
    'a.cfg, line 6: server.1 stands again in line 7, which counts',
  ]);
});

test('below zero is no limit where it is for Apache ZooKeeper', () => {
  const off = ['maxClientCnxns', 'maxCnxns', 'requestThrottleLimit', 'autopurge.purgeInterval'];
  const unset = ['minSessionTimeout', 'maxSessionTimeout', 'largeRequestThreshold'];
  const lines = [...off, ...unset].map((key) => `${key}=-1`);
  const { options, warnings } = parseZooCfg(`dataDir=d\n${lines.join('\n')}`, 'a.cfg');
  const { initialConfiguration, ...rest } = options;
  assert.deepEqual(rest, {
    host: '0.0.0.0',
    dataDir: 'd',
    maxClientConnections: 0,
    maxConnections: 0,
    requestThrottleLimit: 0,
    purgeIntervalHours: 0,
  });
  assert.deepEqual(warnings, []);
});

test('what is not known is named; what cannot be is an error with its line', () => {
  const { warnings } = parseZooCfg('dataDir=d\n\ntoString=1\nautopurge.snapRetainCount=1', 'a.cfg');
  assert.deepEqual(warnings, [
    'a.cfg, line 3: toString is not known here and changes nothing',
    'a.cfg: autopurge.snapRetainCount is raised to 3',
  ]);
  const wrong: [text: string, message: RegExp][] = [
    ['dataDir=d\ntickTime=fast', /^a\.cfg, line 2: tickTime: it is "fast"; give a whole number/],
    ['clientPort=70000', /line 1: clientPort.*65535/],
    ['largeRequestThreshold=0', /line 1: largeRequestThreshold.*from 1 to/],
    ['forceSync=maybe', /line 1: forceSync.*yes or no/],
    ['clientPort=2181', /dataDir is missing/],
    ['dataDir=d\nsecureClientPort=1', /secureClientPort needs ssl\.keyStore\.location/],
    ['dataDir=d\nenforce.auth.enabled=true', /needs enforce\.auth\.schemes/],
    ['DigestAuthenticationProvider.digestAlg=ROT13', /line 1: .*give one of SHA-1/],
    ['metricsProvider.className=com.Own', /line 1: .*PrometheusMetricsProvider, or leave/],
    ['skipACL=true', /line 1: skipACL.*yes or no/],
    ['dataDir=d\nserver.1=a\nserver.2=b', /line 3: server\.2: this server stands alone/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parseZooCfg(text, 'a.cfg'), { code: 'BAD_OPTION', message });
  }
});
