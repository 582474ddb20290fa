import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import type { LOG_LEVELS } from '../settings/common-settings.ts';
import { redactSecrets } from './redaction.ts';

/** Which instance a log belongs to, and how much of it is written. */
export interface LoggerOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  readonly service: string;
  readonly instance: string;
  /** Standard output when left out. */
  readonly destination?: DestinationStream;
}

/**
 * One JSON object per line: `level`, `time` (ISO 8601), `name` (of the service), `instance`, `msg` and the fields of the call.
 * Values of names like `password`, `token` and `authorization` are replaced wherever they stand; texts are not
 * searched, so a secret is never put into a message.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { name: options.service, instance: options.instance },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: redactError },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: redactSecrets,
    },
  };
  const logger = options.destination ? pino(settings, options.destination) : pino(settings);
  redactChildren(logger);
  return logger;
}

/** Pino passes the bindings of a child through no formatter; children inherit this method from their parent. */
function redactChildren(logger: Logger): void {
  const child = logger.child;
  logger.child = function redacted(this: Logger, bindings, options) {
    return child.call(this, redactSecrets(bindings), options);
  } as Logger['child'];
}

function redactError(error: Error): object {
  return redactSecrets({ ...stdSerializers.err(error) });
}
