/** One setting, three spellings: `sessionTimeoutMs`, `session-timeout-ms`, `MPIM_SESSION_TIMEOUT_MS`. */

/** `sessionTimeoutMs` → `session-timeout-ms`: the name of a flag and of a line in a file. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `session-timeout-ms` → `sessionTimeoutMs`; a camel-case name stays as it is. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `sessionTimeoutMs` → `MPIM_SESSION_TIMEOUT_MS`. */
export function environmentName(name: string): string {
  return `MPIM_${kebabCase(name).replaceAll('-', '_').toUpperCase()}`;
}
