import { ensureInstalled } from './install.mjs';
import { findNode } from './node.mjs';
import { ensureWebBuilt } from './web.mjs';

/** Brings the checkout to a state that can run, doing only what is missing, and returns the Node to run it with. */
export async function setup() {
  await ensureInstalled();
  const node = findNode();
  await ensureWebBuilt(node);
  return node;
}
