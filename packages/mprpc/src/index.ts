/** @mpim/mprpc: calls between services: typed clients and handlers, many calls at once over one connection. */

export type { Balancer, Candidate } from './balancer/balancer.ts';
export { HashRing, type RingMember } from './balancer/hash-ring.ts';
export { P2cBalancer } from './balancer/p2c.ts';
export { rendezvous } from './balancer/rendezvous.ts';
export { RoundRobinBalancer } from './balancer/round-robin.ts';
export { type SlowStartOptions, slowStart } from './balancer/slow-start.ts';
export type { Weigh } from './balancer/weight.ts';
export { WeightedRandomBalancer } from './balancer/weighted-random.ts';
export { ZoneAwareBalancer, type ZoneAwareOptions } from './balancer/zone-aware.ts';
export {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthDefinition,
  HealthService,
  type ServingStatus,
} from './builtin/health.ts';
export {
  type ReflectedMethod,
  type ReflectedService,
  ReflectionDefinition,
  reflectionHandlers,
  type ServiceList,
} from './builtin/reflection.ts';
export { RpcChannel, type RpcChannelOptions } from './channel/channel.ts';
export type { AddressStats, ChannelStats } from './channel/channel-stats.ts';
export type {
  CallInput,
  CallOptions,
  CallOutput,
  ClientMethod,
  HedgeOptions,
  ResponseStream,
  RpcClient,
} from './channel/client.ts';
export type { CompressionAlgorithm } from './compression/algorithms.ts';
export type { CompressionOptions, CompressionStats } from './compression/compression.ts';
export type {
  IdempotencyLevel,
  MessageType,
  MethodDefinition,
  RequestInputOf,
  RequestOf,
  ResponseOf,
  ServiceDefinition,
} from './definition.ts';
export { decodeDetails, encodeDetails } from './error-details.ts';
export {
  noProviderError,
  RpcError,
  type RpcErrorOptions,
  STATUS_NUMBERS,
  type StatusCode,
  statusCode,
} from './errors.ts';
export type { CallKind, InterceptedCall, Interceptor } from './interceptor.ts';
export type { CallObserver, ObserveCall, ObservedMethod } from './observability/call-observer.ts';
export type { CallEnd, CallProgress, MessageCounts } from './observability/call-progress.ts';
export {
  type OpenTelemetryApi,
  type OpenTelemetrySpan,
  openTelemetry,
  openTelemetryIfPresent,
} from './observability/open-telemetry.ts';
export { clientCalls, serverCalls, type TracedCall } from './observability/tracing-channels.ts';
export type {
  Handler,
  HandlerContext,
  HandlerInput,
  HandlerOutput,
  Handlers,
} from './provider/handler.ts';
export type { LoadSheddingOptions } from './provider/load-shedding.ts';
export { loadShedding } from './provider/load-shedding-interceptor.ts';
export type { MethodLimit, MethodLimits } from './provider/method-limits.ts';
export { methodLimits } from './provider/method-limits-interceptor.ts';
export {
  type NotifyOptions,
  type ProvidedService,
  RpcProvider,
} from './provider/provider.ts';
export type { RpcProviderOptions } from './provider/provider-options.ts';
export { refusedError } from './refusal.ts';
export type { BackoffOptions } from './resilience/backoff.ts';
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitState,
} from './resilience/circuit-breaker.ts';
export { circuitBreaker } from './resilience/circuit-breaker-interceptor.ts';
export type { ConcurrencyOptions } from './resilience/concurrency-gate.ts';
export type { OutlierOptions } from './resilience/outlier-detector.ts';
export type { RetryBudgetOptions } from './resilience/retry-budget.ts';
export type { Instance, Resolver } from './resolver.ts';
export type {
  ClientAuthentication,
  PeerIdentity,
  ServerAuthentication,
  SharedSecret,
  TokenSubject,
} from './security/authentication.ts';
export type { AuthorizationRequest, Authorize } from './security/authorize.ts';
export { type StaticInstance, StaticResolver } from './static-resolver.ts';
export type { StreamSource } from './streams/outbound-stream.ts';
export { type Clock, type ClockTimer, type Random, systemClock } from './time/clock.ts';
export { MemoryTransport } from './transport/memory-transport.ts';
export { tcpTransport } from './transport/tcp-transport.ts';
export { readTlsFiles, type TlsFiles, watchTlsFiles } from './transport/tls-files.ts';
export {
  type TlsCredentials,
  TlsTransport,
  type TlsTransportOptions,
} from './transport/tls-transport.ts';
export type {
  Address,
  SocketHandler,
  Transport,
  TransportListener,
  TransportSocket,
} from './transport/transport.ts';
export type { WireLimits } from './wire/constants.ts';
export { type Metadata, NO_METADATA } from './wire/metadata.ts';
