import { z } from 'zod';

/** What the loader and the help need to know of one setting's schema. */
export interface SettingLeaf {
  readonly kind: 'string' | 'number' | 'boolean' | 'enum' | 'list';
  /** What a person may write, e.g. `a whole number from 0 to 65535`. */
  readonly accepts: string;
  readonly description: string;
  /** `undefined` when the setting has none. */
  readonly defaultValue: unknown;
  /** Never shown in messages or help. Marked by `.meta({ secret: true })`. */
  readonly secret: boolean;
}

/** Looks through defaults, optionals and descriptions at the plain type of one setting. */
export function settingLeaf(schema: z.core.$ZodType): SettingLeaf {
  let description = '';
  let secret = false;
  let defaultValue: unknown;
  let current = schema;
  for (;;) {
    const meta = z.globalRegistry.get(current);
    if (!description && meta?.description) description = meta.description;
    if (meta?.secret === true) secret = true;
    if (current instanceof z.ZodDefault) {
      defaultValue ??= current.def.defaultValue;
      current = current.def.innerType;
    } else if (current instanceof z.ZodOptional || current instanceof z.ZodNullable) {
      current = current.def.innerType;
    } else {
      break;
    }
  }
  return { ...plainType(current), description, defaultValue, secret };
}

function plainType(schema: z.core.$ZodType): Pick<SettingLeaf, 'kind' | 'accepts'> {
  if (schema instanceof z.ZodNumber) return { kind: 'number', accepts: numberRange(schema) };
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean', accepts: 'true or false' };
  if (schema instanceof z.ZodEnum) {
    return { kind: 'enum', accepts: `one of ${schema.options.join(', ')}` };
  }
  if (schema instanceof z.ZodArray) return { kind: 'list', accepts: 'texts separated by commas' };
  return { kind: 'string', accepts: 'a text' };
}

function numberRange(schema: z.ZodNumber): string {
  const noun = schema.format?.includes('int') ? 'a whole number' : 'a number';
  const low = schema.minValue;
  const high = schema.maxValue;
  const from = low !== null && low > Number.MIN_SAFE_INTEGER ? ` from ${low}` : '';
  const to = high !== null && high < Number.MAX_SAFE_INTEGER ? ` to ${high}` : '';
  return noun + from + to;
}
