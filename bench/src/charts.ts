import type { Curve } from './bench.ts';

const BAR_CELLS = 50;
const PLOT = { width: 640, height: 260, left: 80, right: 30, top: 40, bottom: 50 };

/** A curve for the terminal: a bar for each point, on a logarithmic scale that begins at a third of the least. */
export function textChart({ title, unit, points }: Curve): string {
  const { low, high } = range(points.map(({ value }) => value));
  const width = Math.max(...points.map(({ label }) => label.length));
  const figures = points.map(({ value }) => round(value));
  const figureWidth = Math.max(...figures.map((figure) => figure.length));
  const lines = points.map(({ label, value }, index) => {
    const cells = Math.round((Math.log(value / low) / Math.log(high / low)) * BAR_CELLS);
    const figure = (figures[index] ?? '').padStart(figureWidth);
    return `  ${label.padStart(width)}  ${figure} ${unit}  ${'#'.repeat(Math.max(1, cells))}`;
  });
  return [`${title} (logarithmic)`, ...lines].join('\n');
}

/** The curves below each other, as an SVG with logarithmic axes. */
export function svgChart(curves: readonly Curve[]): string {
  const height = PLOT.height * curves.length;
  const plots = curves.map((curve, index) => plot(curve, index * PLOT.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${PLOT.width}" height="${height}" viewBox="0 0 ${PLOT.width} ${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${plots.join('\n')}
</svg>
`;
}

function plot({ title, axis, unit, points }: Curve, from: number): string {
  const { low, high } = range(points.map(({ value }) => value));
  const sizes = points.map(({ size }) => size);
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)];
  const bottom = from + PLOT.height - PLOT.bottom;
  const x = (size: number): number => {
    const share = first === last ? 0.5 : Math.log(size / first) / Math.log(last / first);
    return Math.round(PLOT.left + share * (PLOT.width - PLOT.left - PLOT.right));
  };
  const y = (value: number): number => {
    const share = Math.log(value / low) / Math.log(high / low);
    return Math.round(bottom - share * (PLOT.height - PLOT.top - PLOT.bottom));
  };
  const line = points.map(({ size, value }) => `${x(size)},${y(value)}`).join(' ');
  const marks = points.map(
    ({ size, label, value }) =>
      `<circle cx="${x(size)}" cy="${y(value)}" r="3" fill="#1f5fa8"/>
<text x="${x(size)}" y="${y(value) - 8}" text-anchor="middle">${round(value)}</text>
<text x="${x(size)}" y="${bottom + 16}" text-anchor="middle">${escapeXml(label)}</text>`,
  );
  return `<text x="${PLOT.left}" y="${from + 20}" font-size="14">${escapeXml(title)}</text>
<text x="${PLOT.width / 2}" y="${bottom + 36}" text-anchor="middle">${escapeXml(axis)}</text>
<text x="${PLOT.left - 10}" y="${from + PLOT.top}" text-anchor="end">${escapeXml(unit)}</text>
<path d="M${PLOT.left - 15} ${from + PLOT.top + 6}V${bottom}H${PLOT.width - PLOT.right + 10}" fill="none" stroke="#999"/>
<polyline points="${line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>
${marks.join('\n')}`;
}

/** Of the scale: it begins below the least value, so that this one can be seen too. */
function range(values: readonly number[]): { low: number; high: number } {
  const least = Math.min(...values);
  return { low: least / 3, high: Math.max(...values, least * 1.01) };
}

function round(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
