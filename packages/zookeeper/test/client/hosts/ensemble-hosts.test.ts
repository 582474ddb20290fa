import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHost } from '../../../src/client/hosts/connect-string.ts';
import { ensembleHosts } from '../../../src/client/hosts/ensemble-hosts.ts';

function hosts(...entries: string[]): string {
  const found = ensembleHosts(new Map(entries.map((entry, at) => [`${at + 1}`, entry])));
  const unknown = found.unknown.map((id) => `not ${id}`);
  return [...found.hosts.map(formatHost), ...unknown].join(',');
}

describe('the hosts of an ensemble', () => {
  it('are the addresses for clients', () => {
    const entries = ['10.0.0.1:2888:3888:participant;192.168.0.1:2181', 'b:1:2:observer;c:2182'];
    assert.equal(hosts(...entries), '192.168.0.1:2181,c:2182');
    assert.equal(hosts('a:1:2;[fe80::1]:2181'), '[fe80::1]:2181');
    assert.equal(hosts('a:1:2;b:2181;c:2281'), 'b:2181');
  });

  it('are those for other members where clients are served at all addresses', () => {
    for (const any of ['2181', '0.0.0.0:2181', '[::]:2181', '[0:0:0:0:0:0:0:0]:2181']) {
      assert.equal(hosts(`zk1:2888:3888:participant;${any}`), 'zk1:2181', any);
    }
    assert.equal(hosts('[fe80::1]:2888:3888;2181'), '[fe80::1]:2181');
    assert.equal(hosts('zk1:1:2|zk1-b:1:2:participant;2181'), 'zk1:2181');
  });

  it('are not known of members that do not say', () => {
    assert.equal(hosts(), '');
    assert.equal(hosts('a:1:2:participant', 'b:1:2:participant;b:2181'), 'b:2181,not 1');
    for (const entry of [
      '',
      'a:1:2;',
      'a:1:2;b:0',
      'a:1:2;b:65536',
      'a:1:2;b:x',
      ';2181',
      'a;2181',
    ]) {
      assert.equal(hosts(entry), 'not 1', entry);
    }
  });
});
