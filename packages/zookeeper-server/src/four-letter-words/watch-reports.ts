import { hex } from '../hex.ts';
import type { ServerCore } from '../server-core.ts';
import type { Watcher } from '../watch/watched-event.ts';
import { indented } from './indented.ts';

/** Watches counted: `wchs`. Like ZooKeeper, the three words cover data and exists watches only. */
export function wchs(core: ServerCore): string {
  const { watchers, paths } = core.watches.data;
  const total = core.watches.data.count();
  return `${watchers.size} connections watching ${paths.size} paths\nTotal watches:${total}\n`;
}

/** Watches by session: `wchc`. */
export function wchc(core: ServerCore): string {
  const lines: string[] = [];
  for (const [watcher, paths] of core.watches.data.watchers) {
    // As one text: a connection can have more watches than a call can have arguments.
    lines.push(sessionOf(watcher), indented(paths));
  }
  return listed(lines);
}

/** Watches by path: `wchp`. */
export function wchp(core: ServerCore): string {
  const lines: string[] = [];
  for (const [path, watchers] of core.watches.data.paths) {
    lines.push(path);
    for (const watcher of watchers.keys()) lines.push(`\t${sessionOf(watcher)}`);
  }
  return listed(lines);
}

function sessionOf(watcher: Watcher): string {
  return hex(watcher.session?.id ?? 0n);
}

/** A line each, and an empty one behind them. */
function listed(lines: readonly string[]): string {
  return lines.length === 0 ? '\n' : `${lines.join('\n')}\n\n`;
}
