import type { Compression } from '../compression/compression.ts';
import { RpcError } from '../errors.ts';
import { type BackoffOptions, backoffMs } from '../resilience/backoff.ts';
import {
  HostHealth,
  type HostOwner,
  type OutlierDetector,
} from '../resilience/outlier-detector.ts';
import type { Instance } from '../resolver.ts';
import type { ClientAuthentication } from '../security/authentication.ts';
import type { Clock, ClockTimer, Random } from '../time/clock.ts';
import type { Address, Transport } from '../transport/transport.ts';
import type { WireLimits } from '../wire/constants.ts';
import type { CallEndpoint } from './call-endpoint.ts';
import type { AddressStats } from './channel-stats.ts';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';
import type { OutgoingCall } from './outgoing-call.ts';

/** What all endpoints of a channel share. */
export interface EndpointSettings {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: WireLimits;
  readonly backoff: BackoffOptions;
  readonly outliers: OutlierDetector;
  /** Socket and HELLO together, in ms. */
  readonly connectTimeoutMs: number;
  /** Bytes that may wait for a peer that does not read. */
  readonly maxQueuedBytes: number;
  readonly authentication: ClientAuthentication | undefined;
  /** Finds out whether an ejected address does well again. */
  askHealth(endpoint: Endpoint): Promise<boolean>;
  /** Set where compression is switched on. */
  readonly compression: Compression | undefined;
}

/** Intervals of silence that make an address stalled; the ping goes out at the first. */
const STALLED_PROBES = 2;

/**
 * One address and the one connection to it. Calls that arrive while it connects wait for that same
 * connection; a failure sends them on, and from then on calls go elsewhere until a connection that is tried in the
 * background is there. It is tried only while there are calls that would have come here.
 */
export class Endpoint implements HostOwner, CallEndpoint, ConnectionOwner {
  readonly instance: Instance;
  readonly address: Address;
  readonly health = new HostHealth(this);
  readonly #settings: EndpointSettings;
  #connection: ClientConnection | undefined;
  #retiring = new Set<ClientConnection>();
  #waiting: OutgoingCall[] = [];
  #timer: ClockTimer | undefined;
  #failures = 0;
  /** Until the next try in the background. */
  #retryTimer: ClockTimer | undefined;
  /** A call would have come here since the last try. */
  #isMissed = false;
  #isClosed = false;
  #startedAt = 0;
  /** Calls given to this address and not finished, the balancer's measure of load. */
  inFlight = 0;
  /** Times it was tried or asked in the background so far. */
  probes = 0;
  /** Sweeps since the last call, see {@link sweep}. */
  #idleSweeps = 0;

  constructor(instance: Instance, settings: EndpointSettings) {
    const { host, port } = instance;
    this.instance = instance;
    this.address = { host, port };
    this.#settings = settings;
  }

  isAvailable(): boolean {
    return !this.health.avoided;
  }

  missed(): void {
    this.#isMissed = true;
    this.#idleSweeps = 0;
    if (this.health.unreachable) this.#armRetry();
  }

  /** Its ejection is over: asks for its health, unless nobody has missed it. */
  async prove(): Promise<boolean> {
    if (!this.#isMissed || this.#isClosed) return true;
    this.#isMissed = false;
    this.#settings.outliers.lookAgain();
    this.probes++;
    return this.#settings.askHealth(this);
  }

  send(call: OutgoingCall): void {
    this.#idleSweeps = 0;
    const connection = this.#connection;
    if (connection?.ready) {
      connection.send(call);
      return;
    }
    this.#waiting.push(call);
    if (connection === undefined) this.#connect();
  }

  /** The registry knows a process here that started at `startedAt`; the faults of an earlier one are forgotten. */
  seen(startedAt: number): void {
    if (startedAt <= this.#startedAt) return;
    this.#startedAt = startedAt;
    this.#failures = 0;
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    this.#settings.outliers.forget(this.health);
  }

  /**
   * Called every few hundred ms: an address that calls wait for and that says nothing for two intervals, not
   * even to a ping, is stalled until it is heard again.
   */
  checkSilence(): void {
    const connection = this.#connection;
    if (connection === undefined || (this.inFlight === 0 && !this.health.stalled)) return;
    const stalled = connection.link.silentProbes() >= STALLED_PROBES;
    this.#settings.outliers.setStalled(this.health, stalled);
    if (stalled && this.#waiting.length > 0) this.#sendElsewhere();
  }

  /** Checks that the peer is alive; closes a connection unused for `idleSweeps`. True when nothing is left to keep. */
  sweep(idleSweeps: number): boolean {
    for (const retiring of this.#retiring) retiring.link.checkAlive();
    this.#connection?.link.checkAlive();
    if (this.inFlight > 0 || ++this.#idleSweeps < idleSweeps) return false;
    const idle = this.#connection;
    if (idle?.ready) {
      this.#connection = undefined;
      this.#retiring.add(idle);
      idle.retire();
    }
    const isUnused = this.#connection === undefined && this.#retiring.size === 0;
    if (isUnused) this.#retryTimer?.cancel();
    return isUnused;
  }

  /** What is known about it, for metrics and consoles. */
  stats(): AddressStats {
    const { address, health, inFlight } = this;
    const connection = this.#connection;
    return {
      address: `${address.host}:${address.port}`,
      connection: connection === undefined ? 'none' : connection.ready ? 'ready' : 'connecting',
      inFlight,
      ejected: health.ejected,
      stalled: health.stalled,
      unreachable: health.unreachable,
    };
  }

  /** Closes at once; calls in flight and waiting fail with `error`. */
  async close(error: RpcError): Promise<void> {
    this.#isClosed = true;
    this.#retryTimer?.cancel();
    const connections = [...this.#retiring];
    if (this.#connection !== undefined) connections.push(this.#connection);
    for (const { link } of connections) link.destroy(error);
    await Promise.all(connections.map(({ link }) => link.closed));
  }

  onReady(): void {
    this.#timer?.cancel();
    this.#failures = 0;
    this.#settings.outliers.setUnreachable(this.health, false);
    const connection = this.#connection;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) {
      if (call.isDone) continue;
      if (connection?.ready) connection.send(call);
      else this.send(call);
    }
  }

  onGoaway(connection: ClientConnection): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#retiring.add(connection);
    this.#settings.outliers.setStalled(this.health, false);
    this.#backOff();
  }

  onClose(connection: ClientConnection, error: RpcError): void {
    this.#retiring.delete(connection);
    if (connection !== this.#connection) return;
    this.#timer?.cancel();
    this.#connection = undefined;
    this.#settings.outliers.setStalled(this.health, false);
    const waiting = this.#waiting;
    this.#waiting = [];
    // A try in the background that fails is expected, and nobody's call.
    if (connection.wasReady || waiting.length > 0) {
      this.#settings.outliers.connectionFailed(this.health);
    }
    this.#backOff();
    for (const call of waiting) {
      if (!call.isDone) call.attemptFailed(error);
    }
  }

  /** Nothing of what waits here was sent: whoever has another instance to go to need not wait for the timeout. */
  #sendElsewhere(): void {
    const { host, port } = this.address;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) {
      if (call.isDone) continue;
      if (call.hasAlternativeTo(this)) {
        call.attemptFailed(
          new RpcError('UNAVAILABLE', `${host}:${port} does not say a word`, { reason: 'STALLED' }),
        );
      } else {
        this.#waiting.push(call);
      }
    }
  }

  #connect(): void {
    const { transport, clock, limits, connectTimeoutMs, maxQueuedBytes } = this.#settings;
    const connection = new ClientConnection(
      transport.connect(this.address),
      limits,
      maxQueuedBytes,
      this.#settings.authentication,
      this.#settings.compression,
      this,
    );
    this.#connection = connection;
    this.#timer = clock.setTimeout(
      () => connection.connectTimedOut(connectTimeoutMs),
      connectTimeoutMs,
    );
    connection.link.start();
  }

  /** Calls go elsewhere from now on. Whoever is called anew tells by {@link missed} that it is worth trying again. */
  #backOff(): void {
    const { outliers } = this.#settings;
    this.#failures++;
    this.#isMissed = false;
    outliers.setUnreachable(this.health, true);
    outliers.lookAgain();
  }

  #armRetry(): void {
    if (this.#retryTimer !== undefined || this.#connection !== undefined || this.#isClosed) return;
    const { backoff, random, clock } = this.#settings;
    const ms = this.#failures === 0 ? 0 : backoffMs(backoff, this.#failures, random);
    this.#retryTimer = clock.setTimeout(() => this.#tryAgain(), ms);
    this.#retryTimer.unref();
  }

  /** A HELLO that is answered, and what follows it, proves more than a ping: it is a ping, and the peer lets us in. */
  #tryAgain(): void {
    this.#retryTimer = undefined;
    if (this.#connection !== undefined || !this.#isMissed || !this.health.unreachable) return;
    this.probes++;
    this.#connect();
  }
}
