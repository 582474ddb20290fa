/** Names whose values never reach a log: password, token, sessionToken, authorization, clientSecret, … */
const SECRET_NAME = /(password|token|authorization|secret|cookie)$/i;
const MAX_DEPTH = 6;

/** What stands in a log in place of a secret. */
export const REDACTED = '[redacted]';

/**
 * A copy of a log record without the values of secret-sounding names, however deep. Errors, buffers and class
 * instances are passed through for their own serializers.
 */
export function redactSecrets(
  record: Readonly<Record<string, unknown>>,
  depth = 0,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    copy[name] = SECRET_NAME.test(name) ? REDACTED : redactValue(value, depth);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((entry) => redactValue(entry, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return redactSecrets(value as Record<string, unknown>, depth + 1);
}
