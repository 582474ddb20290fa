import type { Logger } from 'pino';

/** Ends the process with 1 after an error that nobody caught: what it broke is not known. */
export function exitOnFatalErrors(logger: Logger): void {
  const end = (err: unknown) => {
    logger.fatal({ err }, 'an error nobody caught: ending the process');
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/**
 * Calls `stop` once, when this process is asked to end. With an IPC channel the asking is the supervisor's, by
 * SIGTERM or by its own end; without one it is SIGINT (a second one ends the process at once) or SIGTERM.
 */
export function onStopRequest(stop: (reason: string) => void): void {
  let asked = false;
  const ask = (reason: string) => {
    if (asked) return;
    asked = true;
    stop(reason);
  };
  process.on('SIGTERM', () => ask('SIGTERM'));
  if (process.send === undefined) {
    process.on('SIGINT', () => {
      if (asked) process.exit(130);
      ask('SIGINT');
    });
    return;
  }
  // A terminal sends these to the whole group; the supervisor decides what they mean.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  process.on('disconnect', () => ask('the supervisor has gone'));
}
