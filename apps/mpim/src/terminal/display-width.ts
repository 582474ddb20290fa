import { stripVTControlCharacters } from 'node:util';

const graphemes = new Intl.Segmenter();
/** Two columns wide: East Asian wide and fullwidth forms, and emoji (Unicode TR #11, main ranges). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes; colours take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) {
    width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}
