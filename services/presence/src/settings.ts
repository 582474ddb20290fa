import { commonSettings } from '@mpim/service-kit';
import { z } from 'zod';

/** The common settings and those of routes. */
export const presenceSettings = commonSettings.extend({
  maxRoutes: z
    .number()
    .int()
    .min(1)
    .default(2_000_000)
    .describe('Routes this instance keeps in memory before it refuses more'),
  unknownGatewayGraceMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(10_000)
    .describe('How long routes of a gateway that is not in the registry (yet) are kept, ms'),
});
