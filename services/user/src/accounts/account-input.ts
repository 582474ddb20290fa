import { USER_PATTERN } from '@mpim/protocol';
import { invalidArgument } from '@mpim/service-kit';
import { MAX_PASSWORD_BYTES } from '../settings.ts';

const MAX_DEVICE_BYTES = 64;

/** The handle as it is stored: folded to lower case. Throws INVALID_ARGUMENT. */
export function parseNewUser(text: string): string {
  const user = text.toLowerCase();
  if (USER_PATTERN.test(user)) return user;
  const problem = user === '' ? 'is empty' : 'has characters or a length that are not allowed';
  throw invalidArgument('user', problem, 'choose 1 to 32 of a-z 0-9 _ . -');
}

/** A password for a new account. Throws INVALID_ARGUMENT, which never repeats the password. */
export function checkNewPassword(password: string, minBytes: number): void {
  const bytes = Buffer.byteLength(password);
  if (bytes >= minBytes && bytes <= MAX_PASSWORD_BYTES) return;
  throw invalidArgument(
    'password',
    bytes < minBytes ? 'is too short' : 'is too long',
    `choose one of ${minBytes} to ${MAX_PASSWORD_BYTES} bytes`,
  );
}

/** What a person calls the device; `unknown` when they do not say. Throws INVALID_ARGUMENT. */
export function parseDevice(text: string): string {
  const device = text.trim();
  if (device === '') return 'unknown';
  if (Buffer.byteLength(device) <= MAX_DEVICE_BYTES && !/\p{Cc}/u.test(device)) return device;
  throw invalidArgument(
    'device',
    'is not a short name',
    `send at most ${MAX_DEVICE_BYTES} bytes without control characters`,
  );
}
