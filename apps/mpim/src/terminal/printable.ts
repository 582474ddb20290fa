/**
 * Characters that steer a terminal instead of showing something: C0 and C1 controls, and the marks that reorder
 * text (Unicode TR #36). Other people's text must not reach a terminal with them: it could retitle the window,
 * forge lines or overwrite what is on the screen.
 */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from elsewhere, safe to print; line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(STEERING, '');
}

/** The same on one line: line breaks and tabs become spaces. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]+/g, ' ');
}
