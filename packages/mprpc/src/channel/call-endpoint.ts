import type { HostHealth } from '../resilience/outlier-detector.ts';
import type { Instance } from '../resolver.ts';
import type { Address } from '../transport/transport.ts';
import type { OutgoingCall } from './outgoing-call.ts';

/** One address as calls see it. */
export interface CallEndpoint {
  readonly address: Address;
  readonly health: HostHealth;
  /** Calls given to this address and not finished. */
  inFlight: number;
  /** False while other addresses should be preferred: it cannot be reached, keeps failing, or is going away. */
  isAvailable(): boolean;
  /** A call would have come here if this address were not avoided: worth finding out whether it still must be. */
  missed(): void;
  /** Sends a call, connecting first where necessary. */
  send(call: OutgoingCall): void;
}

/** Where instances find their addresses. */
export interface EndpointSource {
  /** Grows when endpoints are dropped: what was looked up before is to be looked up again. */
  readonly generation: number;
  /** Grows when an address is to be avoided from now on, or no longer. */
  readonly healthVersion: number;
  endpointOf(instance: Instance): CallEndpoint;
}
