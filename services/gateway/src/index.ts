/** @mpim/service-gateway: HTTP and WebSocket in front of the services. */

export { GatewayError, type GatewayErrorCode } from './errors.ts';
export { gatewayService } from './gateway-service.ts';
export { type GatewaySettings, gatewaySettings } from './settings.ts';
