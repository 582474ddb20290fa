import { commonSettings } from '@mpim/service-kit';
import { z } from 'zod';

/** The common settings and those of the public side: where it listens, who may come, how much they may ask. */
export const gatewaySettings = commonSettings.extend({
  gatewayHost: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of the public side: HTTP and WebSocket'),
  gatewayPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('Port of the public side; 0 takes a free one'),
  webRoot: z.string().default('').describe('Folder with the built web page; empty for none'),
  allowedOrigins: z
    .array(z.string())
    .default([])
    .describe('Origins of web pages that may connect, beside pages of this gateway'),
  maxConnections: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(50_000)
    .describe('WebSocket connections at once'),
  helloTimeoutMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(10_000)
    .describe('How long a new connection may take to say hello, ms'),
  pingIntervalMs: z
    .number()
    .int()
    .min(10)
    .max(600_000)
    .default(20_000)
    .describe('How often clients ping; one silent for twice as long is cut, ms'),
  sessionCheckMs: z
    .number()
    .int()
    .min(10)
    .max(86_400_000)
    .default(60_000)
    .describe('How often connected sessions are asked about, in case their end was not told, ms'),
  maxFrameBytes: z
    .number()
    .int()
    .min(1_024)
    .max(16_777_216)
    .default(65_536)
    .describe('Longest frame a client may send, bytes'),
  maxTextBytes: z
    .number()
    .int()
    .min(1)
    .max(65_536)
    .default(8_192)
    .describe('Bytes of UTF-8 a message text may have'),
  maxBufferedBytes: z
    .number()
    .int()
    .min(1_024)
    .max(1_073_741_824)
    .default(4_194_304)
    .describe('Unsent bytes per connection before a slow client is cut'),
  requestsPerSecond: z
    .number()
    .min(0.1)
    .max(1_000_000)
    .default(200)
    .describe('Requests per second a connection may keep up'),
  requestBurst: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(400)
    .describe('Requests a connection may make at once'),
  accountsPerSecond: z
    .number()
    .min(0.01)
    .max(1_000_000)
    .default(5)
    .describe('Registrations and logins per second an address may keep up'),
  accountBurst: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe('Registrations and logins an address may make at once'),
  callDeadlineMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(5_000)
    .describe('How long a service may take to answer a request, ms'),
});

/** The gateway's settings after parsing. */
export type GatewaySettings = z.output<typeof gatewaySettings>;
