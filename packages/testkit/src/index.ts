/** @mpim/testkit: the real parts that tests stand on. Private to this repository. */

export type { ApacheEnsembleOptions } from './apache-ensemble.ts';
export { ApacheEnsemble } from './apache-ensemble.ts';
export type { ApacheMode, ApacheNodeOptions, ApacheSettings } from './apache-node.ts';
export { ApacheNode, apacheCommand } from './apache-node.ts';
export { ApacheZooKeeper } from './apache-zookeeper.ts';
export type { Certificate, CertificateOptions } from './certificates.ts';
export { Authority } from './certificates.ts';
export type { ChildOptions } from './child.ts';
export { Child, startChild } from './child.ts';
export { CuratorPrograms } from './curator-programs.ts';
export type { DebianPackage } from './debian-package.ts';
export { DEBIAN_PACKAGES, missingDebianPackage, missingDebianPackages } from './debian-package.ts';
export type { Direction, SlowLink } from './fault-lane.ts';
export { FaultProxy } from './fault-proxy.ts';
export { fourLetterWord } from './four-letter-word.ts';
export { freePort, freePorts } from './free-port.ts';
export { History, type HistoryCall, type Outcome } from './history.ts';
export { jaasConfig } from './jaas.ts';
export { findViolation, type SequentialModel, type Violation } from './linearizability.ts';
export { Lockfile } from './lockfile.ts';
export {
  installedNpmPackage,
  NATIVE_ZOOKEEPER_CLIENT,
  NODE_ZOOKEEPER_CLIENT,
  type NpmPackage,
} from './npm-package.ts';
export { replaceFile } from './replace-file.ts';
export { shrink } from './shrink.ts';
export type { TemporaryFolder } from './temporary-folder.ts';
export { temporaryFolder } from './temporary-folder.ts';
export type { WaitOptions } from './wait-for.ts';
export { waitFor } from './wait-for.ts';
export { type ZnodeChange, type ZnodeOp, znodeModel, znodeResult } from './znode-model.ts';
