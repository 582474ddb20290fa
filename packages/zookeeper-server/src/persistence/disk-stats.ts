import { Histogram } from '../metrics/histogram.ts';
import { Summary } from '../metrics/summary.ts';

/** What the data directory has done since it was opened. */
export class DiskStats {
  /** Time of each write to the log, the sync included, in ms. */
  readonly fsyncTime = new Histogram();
  /** Transactions that went to the log in one write. */
  readonly batchSize = new Summary();
  /** Writes that took longer than `slowWriteWarningMs`. */
  slowWrites = 0;
  /** Time of each snapshot, in ms. */
  readonly snapshotTime = new Summary();
  /** Time to open the directory, in ms. */
  readonly openTime = new Summary();
  /** Transactions replayed when it was opened. */
  readonly replayed = new Summary();
}
