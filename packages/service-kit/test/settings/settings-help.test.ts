import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { commonSettings, formatSettingsHelp, settingsHelp } from '../../src/index.ts';

const schema = commonSettings.extend({
  apiSecret: z.string().default('x').meta({ secret: true, description: 'Signs things' }),
});

test('every setting has a description, its three names and its default', () => {
  const rows = settingsHelp(schema);
  assert.deepEqual(
    rows.find((row) => row.flag === '--session-timeout-ms'),
    {
      flag: '--session-timeout-ms',
      environment: 'MPIM_SESSION_TIMEOUT_MS',
      description: 'How long ZooKeeper waits for a silent instance before it removes it, ms',
      accepts: 'a whole number from 1000 to 600000',
      defaultText: '10000',
    },
  );
  assert.deepEqual(
    rows.filter((row) => row.description === ''),
    [],
  );
});

test('the help page aligns the flags and hides secret defaults', () => {
  const page = formatSettingsHelp(schema);
  assert.match(page, /^ {2}--port {24}Port for calls.* \[0\]$/m);
  assert.match(page, /^ {2}--api-secret +Signs things$/m);
});
