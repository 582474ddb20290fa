/** A line each behind a tab, without the end of the last; there must be one. */
export function indented(lines: Iterable<string>): string {
  return `\t${[...lines].join('\n\t')}`;
}
