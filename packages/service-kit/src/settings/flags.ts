import { ServiceKitError } from '../error.ts';
import { camelCase, kebabCase } from './setting-names.ts';

/**
 * Reads `--name value` and `--name=value`; a setting of kind boolean may stand alone for `true`.
 *
 * @param names camelCase names that exist; the value says whether the setting is a boolean
 * @returns values by camelCase name
 * @throws ServiceKitError `INVALID_SETTING` for an unknown flag, a missing value or a stray word
 */
export function parseFlags(
  args: readonly string[],
  names: ReadonlyMap<string, { readonly boolean: boolean }>,
): Map<string, string> {
  const flags = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (!arg.startsWith('--')) {
      throw new ServiceKitError(
        'INVALID_SETTING',
        `Unexpected word "${arg}": settings are written --name value.`,
      );
    }
    const equals = arg.indexOf('=');
    const flag = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    const name = camelCase(flag);
    const known = kebabCase(name) === flag ? names.get(name) : undefined;
    if (!known) throw unknownFlag(flag, [...names.keys()].map(kebabCase));
    const next = args[index + 1];
    if (equals >= 0) {
      flags.set(name, arg.slice(equals + 1));
    } else if (known.boolean && (next === undefined || next.startsWith('--'))) {
      flags.set(name, 'true');
    } else if (next === undefined || next.startsWith('--')) {
      throw new ServiceKitError(
        'INVALID_SETTING',
        `--${flag} needs a value: write --${flag} VALUE.`,
      );
    } else {
      flags.set(name, next);
      index++;
    }
  }
  return flags;
}

function unknownFlag(flag: string, known: readonly string[]): ServiceKitError {
  const near = known.find(
    (name) => name.startsWith(flag) || flag.startsWith(name) || sameLetters(name, flag),
  );
  const hint = near ? `did you mean --${near}?` : `known: --${known.join(', --')}.`;
  return new ServiceKitError('INVALID_SETTING', `Unknown flag --${flag}: ${hint}`);
}

function sameLetters(one: string, other: string): boolean {
  const letters = (text: string) => [...text.replaceAll('-', '')].sort().join('');
  return letters(one) === letters(other);
}
