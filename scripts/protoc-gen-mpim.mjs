#!/usr/bin/env node
/**
 * The plugin of buf that makes packages/protocol/src/generated: ts-proto for types, JSON and service
 * definitions, and encoders and decoders of our own (docs/decisions).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from '@bufbuild/protobuf/wkt';
import { withCodecs } from './lib/codecs.mjs';
import { bin } from './lib/paths.mjs';

const input = readFileSync(0);
const { status, stdout, stderr } = spawnSync(join(bin, 'protoc-gen-ts_proto'), {
  input,
  maxBuffer: 64 << 20,
});
process.stderr.write(stderr);
if (status !== 0) process.exit(status ?? 1);
const response = fromBinary(CodeGeneratorResponseSchema, stdout);
try {
  if (response.error === '') withCodecs(fromBinary(CodeGeneratorRequestSchema, input), response);
} catch (error) {
  response.error = error instanceof Error ? error.message : String(error);
}
process.stdout.write(toBinary(CodeGeneratorResponseSchema, response));
