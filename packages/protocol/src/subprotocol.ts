/** WebSocket subprotocol with binary protobuf frames (`proto/mpim/v1/envelope.proto`). */
export const BINARY_SUBPROTOCOL = 'mpim.v1';
/** The same envelopes as JSON text frames, for people with a terminal. */
export const JSON_SUBPROTOCOL = 'mpim.v1+json';
