import { commonSettings, defineService } from '../../src/index.ts';

/** Texts as UTF-8: the smallest message type there is. */
const text = {
  encode: (message: string) => ({ finish: () => Buffer.from(message, 'utf8') }),
  decode: (input: Uint8Array) => Buffer.from(input).toString('utf8'),
};

/** A service with one method that gives back what it gets. */
export const EchoServiceRpcDefinition = {
  name: 'EchoServiceRpc',
  fullName: 'mpim.test.EchoServiceRpc',
  methods: {
    echo: {
      name: 'Echo',
      requestType: text,
      requestStream: false,
      responseType: text,
      responseStream: false,
      options: {},
    },
  },
} as const;

/**
 * A service that echoes. The text `hold` is answered when {@link EchoControls.release} is called, `crash` throws
 * where nobody catches.
 */
export interface EchoControls {
  /** How many calls are held now. */
  readonly held: number;
  release(): void;
  /** What happened, in order. */
  readonly events: string[];
  notReadyBecause: string | undefined;
}

/** Makes the service and what a test steers it with. */
export function echoService() {
  const gates: PromiseWithResolvers<void>[] = [];
  const controls: EchoControls = {
    get held() {
      return gates.length;
    },
    release() {
      for (const gate of gates.splice(0)) gate.resolve();
    },
    events: [],
    notReadyBecause: undefined,
  };
  const spec = defineService({
    name: 'user',
    settings: commonSettings,
    async start({ provider, signal }) {
      signal.addEventListener('abort', () => controls.events.push('abort'));
      provider.notifyService(EchoServiceRpcDefinition, {
        async echo(message) {
          if (message === 'crash') setImmediate(() => Promise.reject(new Error('a bug')));
          if (message === 'hold') {
            const gate = Promise.withResolvers<void>();
            gates.push(gate);
            await gate.promise;
            controls.events.push('held call done');
          }
          return message;
        },
      });
      return {
        metadata: { flavour: 'plain' },
        ready: () => controls.notReadyBecause ?? true,
        drain: async () => void controls.events.push('drain'),
        close: async () => void controls.events.push('close'),
      };
    },
  });
  return { spec, controls };
}
