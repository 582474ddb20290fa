import { randomInt } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 12;

/** A new group's id: 12 of a-z 0-9, 62 random bits, so that nobody finds a group by guessing. */
export function randomGroupId(): string {
  let id = '';
  while (id.length < LENGTH) id += ALPHABET.charAt(randomInt(ALPHABET.length));
  return id;
}
