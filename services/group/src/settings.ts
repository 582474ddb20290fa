import { commonSettings } from '@mpim/service-kit';
import { z } from 'zod';

/** The settings of the group service, on top of the common ones. */
export const groupSettings = commonSettings.extend({
  maxMembers: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe('Members one group may have'),
  maxGroups: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('Groups one user may be in'),
  callDeadlineMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(2_000)
    .describe('How long the message service may take to answer, ms'),
});
