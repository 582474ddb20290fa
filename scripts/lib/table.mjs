/**
 * Rows in columns as wide as their longest cell; the first row is the heading.
 *
 * @param {string[][]} rows
 * @param {number[]} figures the columns that are aligned to the right
 */
export function table(rows, figures = []) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) =>
    figures.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
