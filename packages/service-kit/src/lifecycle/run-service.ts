import type { z } from 'zod';
import { createLogger } from '../observability/logging.ts';
import type { SettingsSchema } from '../settings/common-settings.ts';
import { checkSettings } from '../settings/load-settings.ts';
import { isRefusal } from '../zookeeper/refusal.ts';
import { newInstanceId } from './instance-id.ts';
import { exitOnFatalErrors, onStopRequest } from './process-events.ts';
import type { ReadyMessage, RunningService, ServiceSpec } from './service-spec.ts';
import { startService } from './start-service.ts';

/** How long the supervisor is kept waiting for the registration, ms. */
const REGISTRATION_PATIENCE_MS = 2_000;
/** What closing may take beyond draining before the process ends all the same, ms. */
const CLOSE_MARGIN_MS = 5_000;

/**
 * Runs a service as the one purpose of this process: starts it, tells the supervisor when it serves, and ends the
 * process after draining when it is told to stop. An error nobody caught is logged and ends the process with 1;
 * whoever supervises it starts it again.
 *
 * - alone: SIGINT or SIGTERM stops it; a second SIGINT ends it at once;
 * - supervised (started with an IPC channel): SIGTERM or the loss of the channel stops it, SIGINT and SIGHUP are
 *   the supervisor's to handle.
 *
 * One that ZooKeeper refuses, for its identity or for want of one, before it was ever registered, stops and ends with 1.
 *
 * @throws what {@link startService} throws, and ServiceKitError `ZOOKEEPER_AUTH`
 */
export async function runService<Schema extends SettingsSchema>(
  spec: ServiceSpec<Schema>,
  settings: z.input<Schema>,
): Promise<RunningService> {
  const { logLevel, drainTimeoutMs } = checkSettings(spec.settings, settings);
  const instanceId = newInstanceId(spec.name);
  const logger = createLogger({ level: logLevel, service: spec.name, instance: instanceId });
  exitOnFatalErrors(logger);

  let running: RunningService | undefined;
  onStopRequest((reason) => {
    logger.info({ reason }, 'asked to stop');
    // Nothing was promised to anybody before the service was up.
    if (!running) process.exit(0);
    const limit = setTimeout(
      () => {
        logger.error('stopping takes too long: ending the process');
        process.exit(1);
      },
      2 * drainTimeoutMs + CLOSE_MARGIN_MS,
    );
    running.stop().then(
      () => {
        clearTimeout(limit);
        process.exit(0);
      },
      (err: unknown) => {
        logger.fatal({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  });

  const service = await startService(spec, settings, { instanceId, logger, processMetrics: true });
  running = service;
  try {
    await registeredOrLate(service);
  } catch (refusal) {
    await service.stop();
    throw refusal;
  }
  service.registered.catch(async (error: unknown) => {
    if (!isRefusal(error)) return;
    await service.stop();
    process.exit(1);
  });
  announce(service);
  return service;
}

/** Whoever hears that a service is ready may call it by name at once, unless ZooKeeper is away. */
async function registeredOrLate(running: RunningService): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, REGISTRATION_PATIENCE_MS);
  const registered = running.registered.catch((error: unknown) => {
    if (isRefusal(error)) throw error;
    // Any other reason is logged and shown at /readyz.
  });
  try {
    await Promise.race([registered, late.promise]);
  } finally {
    clearTimeout(timer);
    registered.catch(() => {});
  }
}

function announce({ instanceId, host, port, adminPort, metadata }: RunningService): void {
  if (!process.connected) return;
  const message: ReadyMessage = {
    type: 'ready',
    instanceId,
    host,
    port,
    adminPort,
    metadata: { ...metadata },
  };
  process.send?.(message);
}
