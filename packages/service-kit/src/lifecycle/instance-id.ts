import { randomBytes } from 'node:crypto';

/** A new id for one start of a service: `user-9f3c01ab`. */
export function newInstanceId(service: string): string {
  return `${service}-${randomBytes(4).toString('hex')}`;
}
