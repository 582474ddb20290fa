import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import { Compression, type CompressionStats } from '../compression/compression.ts';
import { type MethodDefinition, type ServiceDefinition, wirePath } from '../definition.ts';
import { RpcError } from '../errors.ts';
import { composeInterceptors, type Interceptor } from '../interceptor.ts';
import { acceptedSchemes } from '../security/server-handshake.ts';
import { type Clock, type ClockTimer, systemClock } from '../time/clock.ts';
import { TimerWheel } from '../time/timer-wheel.ts';
import { tcpTransport } from '../transport/tcp-transport.ts';
import type { TransportListener, TransportSocket } from '../transport/transport.ts';
import { DEFAULT_LIMITS } from '../wire/constants.ts';
import type { Handlers } from './handler.ts';
import { LoadShedder } from './load-shedding.ts';
import { checkLimitsOf, limitsOf } from './method-limits.ts';
import type { RpcProviderOptions } from './provider-options.ts';
import type { Handle } from './serve.ts';
import { type ServedMethod, servedMethod } from './served-method.ts';
import { type ConnectionHost, ServerConnection } from './server-connection.ts';

/** A service as a provider announces it. */
export interface ProvidedService {
  /** `UserServiceRpc` */
  readonly name: string;
  /** `Login`, … */
  readonly methods: readonly string[];
}

/** What can be said about a service beside its handlers. */
export interface NotifyOptions {
  /** False keeps it out of {@link RpcProvider.services}, and so out of the registry: health, reflection. Default true. */
  listed?: boolean;
}

/** Where a provider is in its life; it only moves forward. */
type ProviderState = 'new' | 'running' | 'draining' | 'closed';

const handlerErrors = diagnosticsChannel('mpim:mprpc:handler-error');

/**
 * Serves services on one port.
 *
 * ```ts
 * const provider = new RpcProvider({ port: 0 });
 * provider.notifyService(UserServiceRpcDefinition, { login: async ({ user }) => …, … });
 * const { host, port } = await provider.run();
 * await provider.drain(); // when asked to stop
 * ```
 */
export class RpcProvider implements AsyncDisposable {
  readonly #options: RpcProviderOptions;
  readonly #interceptor: Interceptor | undefined;
  readonly #shedder: LoadShedder | undefined;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #methods = new Map<string, ServedMethod>();
  readonly #services: ProvidedService[] = [];
  readonly #definitions: ServiceDefinition[] = [];
  readonly #connections = new Set<ServerConnection>();
  readonly #sockets = new Set<Promise<void>>();
  readonly #connectionHost: ConnectionHost;
  readonly #drainingStarted = new AbortController();
  readonly #onSweep = (): void => this.#sweep();
  #state: ProviderState = 'new';
  #listener: TransportListener | undefined;
  #timer: ClockTimer | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(options: RpcProviderOptions = {}) {
    this.#options = options;
    if (
      options.authentication !== undefined &&
      acceptedSchemes(options.authentication).length === 0
    ) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        'authentication without secrets and verifyToken lets nobody in: give one of them or leave it out',
      );
    }
    const interceptors = options.interceptors ?? [];
    if (interceptors.length > 0) this.#interceptor = composeInterceptors(interceptors);
    const clock = options.clock ?? systemClock;
    const wheel = new TimerWheel(clock);
    this.#clock = clock;
    if (options.loadShedding !== undefined) {
      this.#shedder = new LoadShedder({ clock, ...options.loadShedding });
    }
    this.#wheel = wheel;
    this.#connectionHost = {
      clock,
      wheel,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      pauseBytes: options.pauseBytes ?? 4 * 1024 * 1024,
      authentication: options.authentication,
      compression:
        options.compression === undefined ? undefined : new Compression(options.compression),
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? 5000,
      maxStreams: options.maxStreams ?? 1000,
      draining: this.#drainingStarted.signal,
      lookup: (path) => this.#methods.get(path),
      onError: (error, call) => this.#onError(error, call),
      onClose: (connection) => {
        this.#connections.delete(connection);
        this.#checkQuiet();
      },
      onCallDone: () => this.#checkQuiet(),
    };
  }

  /** The services notified so far, as the registry wants them. */
  get services(): ProvidedService[] {
    return [...this.#services];
  }

  /** The definitions of all services notified so far, listed or not. */
  get definitions(): readonly ServiceDefinition[] {
    return this.#definitions;
  }

  /** Calls being handled now. */
  get inFlight(): number {
    let count = 0;
    for (const connection of this.#connections) count += connection.inFlight;
    return count;
  }

  /** What compression has done; `undefined` while it is off. */
  get compression(): CompressionStats | undefined {
    return this.#connectionHost.compression?.stats;
  }

  /** Open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Adds a service. Throws RpcError ALREADY_EXISTS when it was added before, INVALID_ARGUMENT when a handler
   * is missing or a limit names a method that the service does not have.
   */
  notifyService<D extends ServiceDefinition>(
    definition: D,
    handlers: Handlers<D>,
    { listed = true }: NotifyOptions = {},
  ): void {
    const methods = Object.entries<MethodDefinition>(definition.methods);
    for (const [key, method] of methods) {
      const path = wirePath(definition, method);
      if (this.#methods.has(path)) {
        throw new RpcError('ALREADY_EXISTS', `${path} is provided already`);
      }
      if (typeof handlers[key] !== 'function') {
        throw new RpcError('INVALID_ARGUMENT', `${path} has no handler '${key}'`);
      }
    }
    const { authorize, observer, methodLimits = {} } = this.#options;
    const names = methods.map(([, method]) => method.name);
    checkLimitsOf(methodLimits, definition.name, names);
    for (const [key, method] of methods) {
      const serve: Handle = (request, context) => {
        const handler = handlers[key] as Handle;
        return handler.call(handlers, request, context);
      };
      const rules = {
        authorize,
        shedder: this.#shedder,
        limit: limitsOf(methodLimits, definition.name, method.name, this.#clock),
        interceptor: this.#interceptor,
      };
      this.#methods.set(
        wirePath(definition, method),
        servedMethod(definition, method, serve, rules, observer),
      );
    }
    this.#definitions.push(definition);
    if (!listed) return;
    this.#services.push({ name: definition.name, methods: names });
  }

  /** Listens; resolves with the real port. Rejects with the system's error (`EADDRINUSE`, …). */
  async run(): Promise<{ host: string; port: number }> {
    if (this.#state !== 'new') {
      throw new RpcError('FAILED_PRECONDITION', `the provider is ${this.#state}: it runs once`);
    }
    const { host = '127.0.0.1', port = 0, transport = tcpTransport } = this.#options;
    this.#state = 'running';
    try {
      this.#listener = await transport.listen({ host, port }, (socket) => this.#accept(socket));
    } catch (error) {
      this.#state = 'new';
      throw error;
    }
    this.#armSweep();
    return { host: this.#listener.host, port: this.#listener.port };
  }

  /**
   * Stops in order: no new connections, callers are told to send elsewhere, calls in flight finish
   * within `timeoutMs` (default 10,000), then everything is closed.
   */
  async drain(timeoutMs = 10_000): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'draining';
      const stopped = this.#listener?.close();
      const quiet = new Promise<void>((resolve) => {
        this.#onQuiet = resolve;
      });
      for (const connection of [...this.#connections]) connection.drain();
      this.#drainingStarted.abort(new RpcError('UNAVAILABLE', 'the provider is shutting down'));
      this.#checkQuiet();
      const timer = this.#clock.setTimeout(() => this.#onQuiet?.(), timeoutMs);
      await quiet;
      timer.cancel();
      this.#abandon();
      await stopped;
    }
    await this.close();
  }

  /** Closes at once: handlers see their signal aborted, callers a lost connection. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#onQuiet?.();
    const stopped = this.#listener?.close();
    this.#abandon();
    this.#wheel.stop();
    await Promise.all([stopped, ...this.#sockets]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: TransportSocket): void {
    if (this.#state !== 'running') {
      socket.destroy();
      return;
    }
    const connection = new ServerConnection(socket, this.#connectionHost);
    this.#connections.add(connection);
    const closed = socket.closed.then(() => {
      this.#sockets.delete(closed);
    });
    this.#sockets.add(closed);
    connection.link.start();
  }

  #abandon(): void {
    const error = new RpcError('UNAVAILABLE', 'the provider was closed');
    for (const connection of [...this.#connections]) connection.link.destroy(error);
  }

  /** Draining is over when every connection is gone. */
  #checkQuiet(): void {
    if (this.#onQuiet !== undefined && this.#connections.size === 0) this.#onQuiet();
  }

  #onError(error: unknown, call: { method: string; peer: string }): void {
    const facts = { method: call.method, peer: call.peer };
    if (handlerErrors.hasSubscribers) handlerErrors.publish({ error, ...facts });
    if (this.#options.onError !== undefined) {
      this.#options.onError(error, facts);
    } else {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`${facts.method}: the handler failed: ${text}`, 'MprpcHandlerWarning');
    }
  }

  #armSweep(): void {
    this.#timer = this.#clock.setTimeout(this.#onSweep, this.#options.keepaliveMs ?? 15_000);
    this.#timer.unref();
  }

  #sweep(): void {
    for (const connection of [...this.#connections]) connection.link.checkAlive();
    if (this.#state === 'running' || this.#state === 'draining') this.#armSweep();
  }
}
