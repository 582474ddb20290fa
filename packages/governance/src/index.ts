/** @mpim/governance: service registry, discovery, configuration and monitoring on ZooKeeper. */

export type { AclIdentity } from './access/acls.ts';
export { identityAcl, isOpen } from './access/acls.ts';
export type { NodeAccess, NodeReport, TreeAccessOptions } from './access/tree-access.ts';
export { openNodes, treeAccess } from './access/tree-access.ts';
export type { Address } from './address.ts';
export { formatAddress, parseAddress } from './address.ts';
export type { ConfigCentreOptions, SetConfigOptions } from './config/config-centre.ts';
export { ConfigCentre } from './config/config-centre.ts';
export type { ConfigDocument, JsonObject, JsonValue } from './config/document.ts';
export { MAX_CONFIG_BYTES } from './config/document.ts';
export type { CacheSource } from './discovery/service-cache.ts';
export type { DiscoveryStatus, ServiceDiscoveryOptions } from './discovery/service-discovery.ts';
export { ServiceDiscovery } from './discovery/service-discovery.ts';
export type { GovernanceErrorCode, GovernanceErrorFacts } from './errors.ts';
export { GovernanceError } from './errors.ts';
export type { InstanceRecord } from './instance-record.ts';
export { checkRecord, decodeRecord, encodeRecord, MAX_RECORD_BYTES } from './instance-record.ts';
export type { GovernanceLogger } from './log.ts';
export type { Registration, RegistrationState } from './registry/registration.ts';
export type { RegisterOptions, ServiceRegistryOptions } from './registry/service-registry.ts';
export { ServiceRegistry } from './registry/service-registry.ts';
export type { ServiceMonitorEvents, ServiceMonitorOptions } from './service-monitor.ts';
export { ServiceMonitor } from './service-monitor.ts';
export {
  CONFIG_ROOT,
  configPath,
  instancePath,
  isInstanceId,
  isMethodName,
  isServiceName,
  SERVICES_ROOT,
  seedMethodPath,
  seedServicePath,
  servicePath,
} from './tree.ts';
