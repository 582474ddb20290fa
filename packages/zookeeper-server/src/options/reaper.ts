import { requireInteger } from './whole-number.ts';

/** How nodes go by themselves. In brackets: the name in Apache ZooKeeper's `zoo.cfg`. */
export interface ReaperOptions {
  /** Milliseconds between two looks at containers and nodes with a time to live; default 60,000 (`znode.container.checkIntervalMs`). */
  containerCheckIntervalMs?: number;
  /** How many of them are deleted per minute at the most; default 10,000 (`znode.container.maxPerMinute`). */
  containerMaxPerMinute?: number;
  /** Milliseconds after which a container goes that never had a child, 0 for never; default 300,000 (`znode.container.maxNeverUsedIntervalMs`). */
  containerMaxNeverUsedMs?: number;
}

/** {@link ReaperOptions} with the defaults filled in. */
export type ReaperSettings = Readonly<Required<ReaperOptions>>;

/** Fills in defaults; throws `ZooKeeperServerError` `BAD_OPTION` for what makes no sense. */
export function resolveReaper(options: ReaperOptions): ReaperSettings {
  const reaper = {
    containerCheckIntervalMs: options.containerCheckIntervalMs ?? 60_000,
    containerMaxPerMinute: options.containerMaxPerMinute ?? 10_000,
    containerMaxNeverUsedMs: options.containerMaxNeverUsedMs ?? 300_000,
  };
  requireInteger('containerCheckIntervalMs', reaper.containerCheckIntervalMs, 1);
  requireInteger('containerMaxPerMinute', reaper.containerMaxPerMinute, 1);
  requireInteger('containerMaxNeverUsedMs', reaper.containerMaxNeverUsedMs, 0);
  return reaper;
}
