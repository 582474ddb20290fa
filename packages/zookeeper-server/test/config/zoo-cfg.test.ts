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
    },
    warnings: [],
  });
});

test('every setting finds its place', () => {
  const { options, warnings } = parseZooCfg(
    `dataDir=d
dataLogDir=l
clientPortAddress=127.0.0.1
maxClientCnxns=0
minSessionTimeout=-1
maxSessionTimeout=90000
snapCount=1000
autopurge.snapRetainCount=5
autopurge.purgeInterval=24
4lw.commands.whitelist=stat, ruok
DigestAuthenticationProvider.superDigest=super:x
zookeeper.extendedTypesEnabled=true
enforceQuota=TRUE
forceSync=no
server.1=localhost:2888:3888`,
    'zoo.cfg',
  );
  assert.deepEqual(options, {
    host: '127.0.0.1',
    dataDir: 'd',
    dataLogDir: 'l',
    maxClientConnections: 0,
    maxSessionTimeoutMs: 90_000,
    snapCount: 1000,
    snapRetainCount: 5,
    purgeIntervalHours: 24,
    fourLetterWordWhitelist: ['stat', 'ruok'],
    superDigest: 'super:x',
    extendedTypes: true,
    enforceQuota: true,
    forceSync: false,
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
    ['forceSync=maybe', /line 1: forceSync.*yes or no/],
    ['clientPort=2181', /dataDir is missing/],
    ['dataDir=d\nserver.1=a\nserver.2=b', /line 3: server\.2: this server stands alone/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parseZooCfg(text, 'a.cfg'), { code: 'BAD_OPTION', message });
  }
});
