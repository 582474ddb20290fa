import { EventEmitter } from 'node:events';
import type { ZooKeeperClient } from '@mpim/zookeeper';

/** Names of the methods and properties that a client has besides an event emitter's. */
export function publicMembers(zk: ZooKeeperClient): string[] {
  const names: string[] = [];
  for (
    let prototype: object = Object.getPrototypeOf(zk);
    prototype !== EventEmitter.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    names.push(...Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor'));
  }
  return [...new Set(names)];
}
