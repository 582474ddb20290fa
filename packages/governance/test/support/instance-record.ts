import type { InstanceRecord } from '../../src/index.ts';

/** A record with everything a test does not care about filled in. */
export function instanceRecord(id: string, fields: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    id,
    service: 'UserServiceRpc',
    host: '127.0.0.1',
    port: 7001,
    adminPort: 0,
    version: '1.0.0',
    weight: 100,
    zone: '',
    methods: ['Login', 'Logout'],
    startedAt: 1_700_000_000_000,
    metadata: {},
    ...fields,
  };
}
