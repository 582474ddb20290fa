import type { ServerCore } from '../server-core.ts';
import { conf, dirs, envi, gtmk, hash } from './environment-reports.ts';
import type { Asker, Report } from './report-context.ts';
import { cons, crst, dump } from './session-reports.ts';
import { isro, mntr, ruok, srst, srvr, stat } from './status-reports.ts';
import { stmk } from './trace-mask-report.ts';
import { wchc, wchp, wchs } from './watch-reports.ts';

const REPORTS: ReadonlyMap<string, Report> = new Map<string, Report>([
  ['conf', conf],
  ['cons', cons],
  ['crst', crst],
  ['dirs', dirs],
  ['dump', dump],
  ['envi', envi],
  ['gtmk', gtmk],
  ['hash', hash],
  ['isro', isro],
  ['mntr', mntr],
  ['ruok', ruok],
  ['srst', srst],
  ['srvr', srvr],
  ['stat', stat],
  ['stmk', stmk],
  ['wchc', wchc],
  ['wchp', wchp],
  ['wchs', wchs],
]);

/**
 * The answer to the first four bytes of a connection, given as the frame length they would be, or
 * null if they are no word the server knows. Words outside the whitelist get a refusal. A report that cannot be
 * made, because it would be longer than a text can be, is logged and answered in words: a question ends no server.
 */
export function answerFourLetterWord(
  core: ServerCore,
  asker: Asker,
  length: number,
): string | null {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  const word = bytes.toString('latin1');
  const report = REPORTS.get(word);
  if (report === undefined) return null;
  const allowed = core.settings.fourLetterWordWhitelist;
  if (!allowed.includes('*') && !allowed.includes(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  try {
    return report(core, asker);
  } catch (error) {
    core.settings.logger.error({ word, err: error }, 'a four-letter word was not answered');
    return `${word} could not be answered; the server's log says why.\n`;
  }
}
