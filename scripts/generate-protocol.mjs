#!/usr/bin/env node
/** Generates packages/protocol/src/generated from proto/ (npm run proto). */
import { Failure } from './lib/failure.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { generateProtocol } from './lib/protocol.mjs';

try {
  await ensureInstalled();
  await generateProtocol();
  console.log('Generated packages/protocol/src/generated from proto/.');
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(error.exitCode);
}
