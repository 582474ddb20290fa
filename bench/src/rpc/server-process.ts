import { serveGrpc } from './grpc-echo.ts';
import { serveMprpc } from './mprpc-echo.ts';
import { serveRaw } from './raw-echo.ts';

const SERVE: Record<string, () => Promise<number>> = {
  mprpc: serveMprpc,
  grpc: serveGrpc,
  raw: serveRaw,
};

const serve = SERVE[process.argv[2] ?? ''];
if (serve === undefined) throw new Error(`there is no server '${process.argv[2]}'`);
process.on('disconnect', () => process.exit());
process.send?.(await serve());
