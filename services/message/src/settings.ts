import { commonSettings } from '@mpim/service-kit';
import { z } from 'zod';

/** The settings of the message service, on top of the common ones. */
export const messageSettings = commonSettings.extend({
  maxTextBytes: z
    .number()
    .int()
    .min(1)
    .max(65_536)
    .default(8_192)
    .describe('Bytes of UTF-8 a message text may have'),
  callDeadlineMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(2_000)
    .describe('How long the user, group, presence and gateway services may take to answer, ms'),
  pushQueue: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Messages that may wait to be pushed; devices find the rest when they sync'),
});
