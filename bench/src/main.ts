import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { svgChart, textChart } from './charts.ts';
import { benches } from './registry.ts';
import { jsonReport, textReport } from './report.ts';

const usage = [
  'usage: npm run bench -- <name> [--json] [--rounds N] [--round-ms MS] [--only TEXT]… [--scale N] [--svg FILE]',
  '',
  ...benches.map((bench) => `  ${bench.name.padEnd(18)} ${bench.description}`),
].join('\n');

/** Runs one benchmark; resolves with the exit code. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      'round-ms': { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      scale: { type: 'string', default: '1' },
      svg: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  const bench = benches.find((candidate) => candidate.name === name);
  if (values.help || name === undefined) {
    console.log(usage);
    return 0;
  }
  const rounds = Number(values.rounds ?? bench?.defaults?.rounds ?? 5);
  const roundMs = Number(values['round-ms'] ?? bench?.defaults?.roundMs ?? 1000);
  const scale = Number(values.scale);
  if (bench === undefined) {
    console.error(`there is no benchmark '${name}'\n\n${usage}`);
    return 2;
  }
  if (!Number.isInteger(rounds) || rounds < 1 || !(roundMs > 0)) {
    console.error('--rounds takes a whole number from 1, --round-ms a number of milliseconds');
    return 2;
  }
  if (!(scale > 0 && scale <= 1)) {
    console.error('--scale takes a number above 0, up to 1: the share of the full size');
    return 2;
  }
  if (values.svg !== undefined && bench.curves === undefined) {
    console.error(`--svg: ${bench.name} has nothing to draw; rpc-curve has`);
    return 2;
  }
  const progress = values.json || !process.stderr.isTTY ? () => {} : showProgress;
  const rows = await bench.run({ rounds, roundMs, only: values.only, scale, progress });
  progress('');
  const bars = bench.bars?.(rows) ?? [];
  console.log((values.json ? jsonReport : textReport)(bench.name, rows, bars));
  const curves = bench.curves?.(rows) ?? [];
  if (!values.json) for (const curve of curves) console.log(`\n${textChart(curve)}`);
  if (values.svg !== undefined) await writeFile(values.svg, svgChart(curves));
  return 0;
}

/** One line on the terminal, overwritten each time. */
function showProgress(text: string): void {
  process.stderr.write(`\r\x1b[K${text}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
