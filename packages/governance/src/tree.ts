import { GovernanceError } from './errors.ts';

/** Below it, one node per service and below that one ephemeral node per instance. */
export const SERVICES_ROOT = '/services';

/** Below it, one document per service. */
export const CONFIG_ROOT = '/config/services';

// A service owns `/<Service>` (the seed's layout), so it must not take the name of one of the tree's own roots.
const RESERVED = new Set(['services', 'config', 'governance', 'locks', 'elections', 'zookeeper']);
const NAME = /^[A-Za-z_][A-Za-z0-9_.]{0,127}$/;
const INSTANCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Letters, digits, `_` and `.`, at most 128, beginning with a letter or `_`, and none of the tree's roots. */
export function isServiceName(name: string): boolean {
  return NAME.test(name) && !RESERVED.has(name);
}

/** As a service name, without reserved words. */
export function isMethodName(name: string): boolean {
  return NAME.test(name);
}

/** Letters, digits, `.`, `_` and `-`, at most 128, beginning with a letter or digit. */
export function isInstanceId(id: string): boolean {
  return INSTANCE_ID.test(id);
}

/** `/services/<Service>`. */
export function servicePath(service: string): string {
  return `${SERVICES_ROOT}/${checkedService(service)}`;
}

/** `/services/<Service>/<instanceId>`. */
export function instancePath(service: string, id: string): string {
  return `${servicePath(service)}/${id}`;
}

/** `/<Service>`, the seed's layout. */
export function seedServicePath(service: string): string {
  return `/${checkedService(service)}`;
}

/** `/<Service>/<Method>`, the seed's layout; its data are `ip:port`. */
export function seedMethodPath(service: string, method: string): string {
  if (!isMethodName(method)) {
    throw new GovernanceError('INVALID_RECORD', `"${method}" is not a method name`, {
      field: 'methods',
    });
  }
  return `${seedServicePath(service)}/${method}`;
}

/** `/config/services/<Service>`. */
export function configPath(service: string): string {
  return `${CONFIG_ROOT}/${checkedService(service)}`;
}

function checkedService(service: string): string {
  if (isServiceName(service)) return service;
  throw new GovernanceError('INVALID_RECORD', `"${service}" is not a service name`, {
    field: 'service',
  });
}
