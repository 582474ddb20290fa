import type { ZooKeeperServerOptions } from '../options.ts';
import type { StoreDraft, ZooCfgDraft } from './draft.ts';

/** Puts a value where it belongs; returns what the value should have been if it cannot be. */
export type Setting = (draft: ZooCfgDraft, value: string) => string | null;

export const MAX_PORT = 65_535;
const MAX_INT = 0x7fff_ffff;
/** In place of a number: as if the line were not there. */
const UNSET = '-1';

type KeysOf<Value> = {
  [Key in keyof ZooKeeperServerOptions]-?: ZooKeeperServerOptions[Key] extends Value | undefined
    ? Key
    : never;
}[keyof ZooKeeperServerOptions];

/** A whole number for an option. */
export function whole(name: KeysOf<number>, min: number, max = MAX_INT): Setting {
  return wholeFor(
    (draft, number) => {
      draft.options[name] = number;
    },
    min,
    max,
  );
}

/** A whole number for anything. */
export function wholeFor(
  put: (draft: ZooCfgDraft, value: number) => void,
  min: number,
  max = MAX_INT,
): Setting {
  return (draft, value) => {
    const number = Number(value);
    const good = /^-?\d+$/.test(value) && number >= min && number <= max;
    if (!good) return `a whole number from ${min} to ${max}`;
    put(draft, number);
    return null;
  };
}

/** A setting of which -1 says that it is not made. */
export function unlessUnset(setting: Setting): Setting {
  return (draft, value) => (value === UNSET ? null : setting(draft, value));
}

/** A setting of which anything below 0 means what 0 does: no limit, or not at all. */
export function offBelowZero(setting: Setting): Setting {
  return (draft, value) => setting(draft, /^-\d+$/.test(value) ? '0' : value);
}

/** `true` or `false` for an option. */
export function truth(name: KeysOf<boolean>): Setting {
  return truthFor((draft, is) => {
    draft.options[name] = is;
  });
}

/** `true` or `false` for anything. */
export function truthFor(put: (draft: ZooCfgDraft, value: boolean) => void): Setting {
  return oneOf(['true', 'false'], (draft, value) => put(draft, value === 'true'));
}

/** `yes` or `no` for an option. */
export function consent(name: KeysOf<boolean>): Setting {
  return oneOf(['yes', 'no'], (draft, value) => {
    draft.options[name] = value === 'yes';
  });
}

/** One of a few words, in any case; `put` gets it as it is spelled here. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  put: (draft: ZooCfgDraft, value: Word) => void,
): Setting {
  return (draft, value) => {
    const word = words.find((each) => each.toLowerCase() === value.toLowerCase());
    if (word === undefined) return words.join(' or ');
    put(draft, word);
    return null;
  };
}

/** Text for an option. */
export function text(name: KeysOf<string>): Setting {
  return textFor((draft, value) => {
    draft.options[name] = value;
  });
}

/** Text for anything. */
export function textFor(put: (draft: ZooCfgDraft, value: string) => void): Setting {
  return (draft, value) => {
    if (value === '') return 'a value';
    put(draft, value);
    return null;
  };
}

/** Words with commas between them. */
export function wordsFor(put: (draft: ZooCfgDraft, value: string[]) => void): Setting {
  return textFor((draft, value) =>
    put(
      draft,
      value.split(',').map((word) => word.trim()),
    ),
  );
}

/** The lines that describe a key or trust store. */
export function storeSettings(
  prefix: string,
  storeOf: (draft: ZooCfgDraft) => StoreDraft,
): [key: string, Setting][] {
  return [
    [
      `${prefix}.location`,
      textFor((draft, value) => {
        storeOf(draft).location = value;
      }),
    ],
    [
      `${prefix}.password`,
      textFor((draft, value) => {
        storeOf(draft).password = value;
      }),
    ],
    [
      `${prefix}.passwordPath`,
      textFor((draft, value) => {
        storeOf(draft).passwordFile = value;
      }),
    ],
    [
      `${prefix}.type`,
      oneOf(['PEM', 'PKCS12', 'JKS', 'BCFKS'], (draft, type) => {
        storeOf(draft).type = type;
      }),
    ],
  ];
}
