import { Failure } from './failure.mjs';
import { ensureInstalled } from './install.mjs';
import { findNode } from './node.mjs';
import { ensureWebBuilt } from './web.mjs';

/**
 * Brings the checkout to a state that can run, doing only what is missing, and returns the Node to run it with.
 *
 * @param {{ web?: 'required' | 'wanted' | 'unused' }} options whether the web page must be there (default), is
 * merely wanted (a failed build is told, and the rest goes on), or is not needed at all
 */
export async function setup({ web = 'required' } = {}) {
  await ensureInstalled();
  const node = findNode();
  if (web === 'unused') return node;
  try {
    await ensureWebBuilt(node);
  } catch (error) {
    if (web === 'required' || !(error instanceof Failure)) throw error;
    console.error(`${error.message} Going on without it; terminals can chat all the same.`);
  }
  return node;
}
