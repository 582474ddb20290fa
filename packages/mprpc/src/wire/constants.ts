/** The numbers of the wire format; `docs/mprpc-wire.md` explains each byte. */

/** "MPRP", the first four bytes of a HELLO's body. */
export const MAGIC = 0x4d505250;

/** The version of the format spoken here. */
export const WIRE_VERSION = 1;

/** Bytes before a frame's body: length, type, flags, id. */
export const HEADER_BYTES = 10;

/** What a frame is. Types from 0x80 on are skipped by a receiver that does not know them. */
export const FrameType = {
  HELLO: 0x01,
  METHOD: 0x02,
  REQUEST: 0x03,
  RESPONSE: 0x04,
  STATUS: 0x05,
  CANCEL: 0x06,
  /** A message of a streaming call, or with END and no body the end of this side's messages. */
  DATA: 0x07,
  /** So many more bytes of DATA may be sent. */
  WINDOW: 0x08,
  PING: 0x09,
  GOAWAY: 0x0a,
  /** Between HELLO and the first call: who the sender is. */
  AUTH: 0x0b,
} as const;

/** The lowest type that a receiver may skip. */
export const FIRST_SKIPPABLE_TYPE = 0x80;

/** Bits of a frame's flags byte. */
export const FrameFlag = {
  /** The last frame of this side of the call. REQUEST: left out when the requests follow as DATA. */
  END: 0x01,
  /** REQUEST: a timeout follows the method number. */
  TIMEOUT: 0x02,
  /** REQUEST, RESPONSE: a metadata block precedes the message. */
  METADATA: 0x04,
  /** REQUEST, RESPONSE, DATA: the message is compressed (needs the capability). */
  COMPRESSED: 0x08,
  /** STATUS: the same call may succeed later. */
  RETRYABLE: 0x10,
  /** STATUS: no handler saw the request. */
  NOT_PROCESSED: 0x20,
  /** PING: this is the answer. */
  ACK: 0x01,
} as const;

/** Why a GOAWAY was sent. */
export const GoawayCode = {
  DRAIN: 0,
  PROTOCOL_ERROR: 1,
  TOO_LARGE: 2,
  VERSION: 3,
  UNAUTHENTICATED: 4,
} as const;

/** What one side accepts from the other; announced in HELLO. All in bytes. */
export interface WireLimits {
  /** The largest frame, header included. Default 4 MiB. */
  maxFrameBytes: number;
  /** The largest metadata block of a message. Default 16 KiB. */
  maxMetadataBytes: number;
  /** What may be under way unread on one stream, headers included; a message may pass it. Default 256 KiB. */
  streamWindowBytes: number;
}

/** The limits a side has unless told otherwise. */
export const DEFAULT_LIMITS: WireLimits = {
  maxFrameBytes: 4 * 1024 * 1024,
  maxMetadataBytes: 16 * 1024,
  streamWindowBytes: 256 * 1024,
};

/** The longest method path. */
export const MAX_METHOD_PATH_BYTES = 512;

/** Methods one connection may name. */
export const MAX_METHODS = 4096;

/** Frames that come before calls are let through are never longer. */
export const MAX_CONTROL_BYTES = 16 * 1024;
