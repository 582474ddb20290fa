/** @mpim/testkit: the real parts that tests stand on. Private to this repository. */

export type { ApacheSettings } from './apache-zookeeper.ts';
export { ApacheZooKeeper, fourLetterWord } from './apache-zookeeper.ts';
export type { ChildOptions } from './child.ts';
export { Child, startChild } from './child.ts';
export type { DebianPackage } from './debian-package.ts';
export { missingDebianPackage } from './debian-package.ts';
export { FaultProxy } from './fault-proxy.ts';
export { freePort } from './free-port.ts';
export { Lockfile } from './lockfile.ts';
export type { TemporaryFolder } from './temporary-folder.ts';
export { temporaryFolder } from './temporary-folder.ts';
export type { WaitOptions } from './wait-for.ts';
export { waitFor } from './wait-for.ts';
