/** One entry of a properties file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Line it begins on, counted from 1. */
  readonly line: number;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Reads Java's properties format (`java.util.Properties.load`), which `zoo.cfg` is written in. */
export function parseProperties(text: string): Property[] {
  const lines = text.split(/\r\n|\r|\n/);
  const properties: Property[] = [];
  for (let i = 0; i < lines.length; i++) {
    let logical = (lines[i] ?? '').trimStart();
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    const line = i + 1;
    while (endsInBackslash(logical) && i + 1 < lines.length) {
      logical = logical.slice(0, -1) + (lines[++i] ?? '').trimStart();
    }
    properties.push({ ...split(logical), line });
  }
  return properties;
}

function endsInBackslash(text: string): boolean {
  const run = /\\*$/.exec(text)?.[0].length ?? 0;
  return run % 2 === 1;
}

/** The key ends at the first `=`, `:` or blank that no backslash precedes. */
function split(logical: string): { key: string; value: string } {
  const match = /^((?:[^\\=:\s]|\\.)*)\s*[=:]?\s*(.*)$/.exec(logical);
  return { key: withoutEscapes(match?.[1] ?? ''), value: withoutEscapes(match?.[2] ?? '').trim() };
}

function withoutEscapes(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))/g,
    (_, code: string | undefined, char: string) =>
      code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
