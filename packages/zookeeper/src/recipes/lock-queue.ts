const LOCK_NODE = /(?:^|-)lock-(-?\d{9,10})$/;

/**
 * The names of lock nodes among children, first come first. The counter decides, not the whole name;
 * it is a signed 32-bit number that may overflow, so it is compared by distance.
 */
export function lockQueue(children: readonly string[]): string[] {
  const nodes: { name: string; counter: number }[] = [];
  for (const name of children) {
    const counter = LOCK_NODE.exec(name)?.[1];
    if (counter !== undefined) nodes.push({ name, counter: Number(counter) });
  }
  nodes.sort((a, b) => (a.counter - b.counter) | 0);
  return nodes.map(({ name }) => name);
}
