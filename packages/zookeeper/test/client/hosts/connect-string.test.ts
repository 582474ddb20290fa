import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHost, parseConnectString } from '../../../src/client/hosts/connect-string.ts';

describe('connect string', () => {
  it('names hosts, ports and a chroot', () => {
    const cases: [string, string[], string][] = [
      ['localhost', ['localhost:2181'], ''],
      ['a:1,b:2', ['a:1', 'b:2'], ''],
      [' a:1 , b ,', ['a:1', 'b:2181'], ''],
      ['a:1/', ['a:1'], ''],
      ['a:1,b:2/app/x', ['a:1', 'b:2'], '/app/x'],
      ['[::1]:2182', ['[::1]:2182'], ''],
      ['[fe80::1%eth0]', ['[fe80::1%eth0]:2181'], ''],
      ['::1,10.0.0.1:5/c', ['[::1]:2181', '10.0.0.1:5'], '/c'],
    ];
    for (const [text, hosts, chroot] of cases) {
      const parsed = parseConnectString(text);
      assert.deepEqual(parsed.hosts.map(formatHost), hosts, text);
      assert.equal(parsed.chroot, chroot, text);
    }
  });
});
