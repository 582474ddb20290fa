import type { ServerCore } from '../server-core.ts';
import type { JsonValue } from './json-text.ts';

/** What one command tells; `error`, if it is among it, takes the place of the one that all have. */
export type AdminCommand = (
  core: ServerCore,
  parameters: URLSearchParams,
) => { readonly [key: string]: JsonValue };
