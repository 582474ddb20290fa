import { z } from 'zod';

/** What keeps calls between services within bounds; part of the common settings. */
export const trafficSettings = {
  rpcMaxInFlight: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1024)
    .describe('Calls to one other service under way at once; as many more wait, the next fail'),
  rpcBreakerPercent: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(50)
    .describe(
      'Failed of at least 200 calls in 10 s at which a service is not called for 10 s; 0: off',
    ),
  rpcMaxHandled: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1024)
    .describe('Calls of one method handled at once; as many more wait up to 200 ms'),
  rpcShedMs: z
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(100)
    .describe('Delay of the event loop at which a share of the calls is refused, ms; 0: never'),
  rpcCompressBytes: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe('Compress messages between services from this size on; 0: never'),
};
