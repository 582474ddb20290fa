import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { Failure } from './failure.mjs';
import { filesBelow } from './files.mjs';
import { bin, root } from './paths.mjs';

/** Where buf.gen.yaml puts the generated types, relative to the root. */
const GENERATED = join('packages', 'protocol', 'src', 'generated');

async function buf(args) {
  const { code, output } = await capture(join(bin, 'buf'), args);
  if (code !== 0) throw new Failure(`${output.trimEnd()}\nbuf ${args.join(' ')} failed.`);
}

/** Generates the types from proto/ below `base`, by default in place. */
export async function generateProtocol(base = root) {
  rmSync(join(base, GENERATED), { recursive: true, force: true });
  await buf(['generate', '-o', base]);
}

/** Lints proto/ and fails when the committed types are not what it generates. */
export async function checkProtocol() {
  await buf(['lint']);
  const fresh = mkdtempSync(join(tmpdir(), 'mpim-protocol-'));
  try {
    await generateProtocol(fresh);
    const committed = filesBelow(join(root, GENERATED));
    const generated = filesBelow(join(fresh, GENERATED));
    const stale = [...new Set([...committed, ...generated])].filter(
      (file) =>
        !committed.includes(file) ||
        !generated.includes(file) ||
        readFileSync(join(root, GENERATED, file), 'utf8') !==
          readFileSync(join(fresh, GENERATED, file), 'utf8'),
    );
    if (stale.length > 0) {
      throw new Failure(
        `Not what proto/ generates, in ${GENERATED}: ${stale.join(', ')}.\nRun npm run proto and commit the result.`,
      );
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
