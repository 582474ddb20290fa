/** @mpim/console: the ops console, a page over the registry. */

export type { ConsoleOptions } from './console-server.ts';
export { ConsoleServer } from './console-server.ts';
export type { InstanceHealth, InstanceView, RegistryView, ServiceView } from './registry-view.ts';
