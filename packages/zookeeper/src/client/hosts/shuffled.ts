import type { Random } from '../clock.ts';

/** A copy in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order: T[] = [];
  for (const item of items) {
    const at = Math.floor(random() * (order.length + 1));
    order.splice(at, 0, item);
  }
  return order;
}
