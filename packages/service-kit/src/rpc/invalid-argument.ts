import { RpcError } from '@mpim/mprpc';

/**
 * The answer to a request with an unacceptable field: INVALID_ARGUMENT with reason `INVALID_<FIELD>`.
 *
 * @param field its name in the request, camelCase
 * @param problem what is wrong, continuing the field's name: `is longer than 32 characters`; never a secret's value
 * @param remedy what to send instead, as an order: `choose a shorter name`
 *
 * @example
 * throw invalidArgument('groupId', 'is empty', 'send the id that CreateGroup gave');
 * // groupId is empty: send the id that CreateGroup gave.
 */
export function invalidArgument(field: string, problem: string, remedy: string): RpcError {
  const word = field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return new RpcError('INVALID_ARGUMENT', `${field} ${problem}: ${remedy}.`, {
    reason: `INVALID_${word}`,
  });
}
