import type { OpenConnection } from './open-connection.ts';

/** The open connections, and how many each address has. */
export class ConnectionRegistry {
  readonly #connections = new Set<OpenConnection>();
  readonly #countOf = new Map<string, number>();

  add(connection: OpenConnection): void {
    this.#connections.add(connection);
    this.#countOf.set(connection.address, this.countOf(connection.address) + 1);
  }

  remove(connection: OpenConnection): void {
    if (!this.#connections.delete(connection)) return;
    const left = this.countOf(connection.address) - 1;
    if (left > 0) this.#countOf.set(connection.address, left);
    else this.#countOf.delete(connection.address);
  }

  /** Connections from one address. */
  countOf(address: string): number {
    return this.#countOf.get(address) ?? 0;
  }

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): IterableIterator<OpenConnection> {
    return this.#connections.values();
  }
}
