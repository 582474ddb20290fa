import { parentPort, workerData } from 'node:worker_threads';
import { sql } from 'kysely';
import { openDatabase } from '../../src/index.ts';
import { creates } from './creates-table.ts';

/** Opens a database in a thread of its own and reports how many migrations it finds applied. */
const { dataDir, tables } = workerData as { dataDir: string; tables: string[] };
const db = await openDatabase({ dataDir, name: 'x', migrations: tables.map(creates) });
const { rows } = await sql<{ n: number }>`select count(*) as n from schema_migrations`.execute(db);
parentPort?.postMessage(rows[0]?.n);
await db.destroy();
