import type { SocketHandler, Transport, TransportSocket } from '../../src/index.ts';

/** Both sides get what crosses `inner` in pieces of the sizes that `nextSize` says, however it was written. */
export function choppedTransport(inner: Transport, nextSize: () => number): Transport {
  const chop = (socket: TransportSocket): TransportSocket =>
    new Proxy(socket, {
      get(target, name) {
        if (name === 'setHandler') {
          return (handler: SocketHandler) => target.setHandler(chopping(handler));
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const chopping = (handler: SocketHandler): SocketHandler => ({
    onOpen: () => handler.onOpen(),
    onDrain: () => handler.onDrain(),
    onClose: (error) => handler.onClose(error),
    onData: (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        const end = at + nextSize();
        handler.onData(Buffer.from(chunk.subarray(at, end)));
        at = end;
      }
      return true;
    },
  });
  return {
    connect: (address) => chop(inner.connect(address)),
    listen: (address, onSocket) => inner.listen(address, (socket) => onSocket(chop(socket))),
  };
}
