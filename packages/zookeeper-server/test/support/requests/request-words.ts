import { type Acl, CREATOR_ALL_ACL, OPEN_ACL, READ_ONLY_ACL } from '@mpim/zookeeper/protocol';
import type { Dice } from '../dice.ts';

/** What a script is about. */
export interface ScriptTopic {
  /** Everything lies below this path; the root unless told. */
  readonly root?: string;
  /** Whether there are quotas. */
  readonly quotas?: boolean;
}

const DIGEST = 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=';
const ACLS: readonly [readonly Acl[], ...(readonly Acl[])[]] = [
  OPEN_ACL,
  OPEN_ACL,
  OPEN_ACL,
  OPEN_ACL,
  READ_ONLY_ACL,
  CREATOR_ALL_ACL,
  [],
  [...OPEN_ACL, ...OPEN_ACL],
  [{ permissions: 31, scheme: 'digest', id: DIGEST }],
  [
    { permissions: 1, scheme: 'digest', id: DIGEST },
    { permissions: 30, scheme: 'ip', id: '127.0.0.0/8' },
  ],
  [{ permissions: 31, scheme: 'ip', id: '10.0.0.1' }],
  [{ permissions: 31, scheme: 'ip', id: '10.0.0.1/40' }],
  [{ permissions: 31, scheme: 'world', id: 'nobody' }],
  [{ permissions: 31, scheme: 'digest', id: 'a:b:c' }],
  [{ permissions: 31, scheme: 'nonsense', id: 'x' }],
  [{ permissions: 0, scheme: 'world', id: 'anyone' }],
  [...CREATOR_ALL_ACL, ...READ_ONLY_ACL],
];

const GOOD_PATHS = [
  '/a',
  '/b',
  '/a/b',
  '/a/c',
  '/a/b/c',
  '/b/c',
  '/e',
  '/e/x',
  '/q',
  '/qx',
] as const;
/** Paths with lasting watches. */
export const WATCHED_PATHS = ['/w', '/w/p', '/w/p/q'] as const;
const ODD_PATHS = [
  '/',
  '/zookeeper',
  '/zookeeper/config',
  '/zookeeper/quota',
  '/zookeeper/quota/a',
  'a',
  '//a',
  '/a/',
  '/a//b',
  '/.',
  '/a/..',
  '/a/./b',
  '/\u0001',
  '/a\u007f',
  '/\uffff',
  '/missing/x',
  '/a/\0',
] as const;

/** Draws what requests are made of, from so few values that they often collide: the errors are the interesting part. */
export class RequestWords {
  readonly quotas: boolean;
  readonly #dice: Dice;
  readonly #root: string;

  constructor(dice: Dice, { root = '', quotas = false }: ScriptTopic = {}) {
    this.#dice = dice;
    this.#root = root;
    this.quotas = quotas;
  }

  path(): string {
    if (this.#dice.chance(88)) return this.below(this.#dice.one(GOOD_PATHS));
    const odd = this.#dice.one(ODD_PATHS);
    return odd === '/' || !odd.startsWith('/') || odd.startsWith('/zookeeper')
      ? odd
      : this.below(odd);
  }

  chance(percent: number): boolean {
    return this.#dice.chance(percent);
  }

  /** A path that no other script can see. */
  ownPath(): string {
    const path = this.path();
    return path.startsWith(this.#root) ? path : this.below(this.#dice.one(GOOD_PATHS));
  }

  /** A path as seen from the root of the tree. */
  below(path: string): string {
    return this.#root + path;
  }

  /** A path to change: also one of those with lasting watches. */
  target(): string {
    return this.#dice.chance(25) ? this.below(this.#dice.one(WATCHED_PATHS)) : this.path();
  }

  data(): Buffer | null {
    const size = this.#dice.below(6);
    return size === 0 ? null : Buffer.alloc((size - 1) * 3, size);
  }

  version(): number {
    return this.#dice.one([-1, -1, -1, 0, 0, 1, 2, -2]);
  }

  acl(): readonly Acl[] {
    return this.#dice.one(ACLS);
  }

  watch(): boolean {
    return this.#dice.chance(30);
  }

  one<T>(items: readonly [T, ...T[]]): T {
    return this.#dice.one(items);
  }

  count(bound: number): number {
    return this.#dice.below(bound);
  }
}
