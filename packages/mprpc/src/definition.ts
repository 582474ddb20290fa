/**
 * What a generated service definition looks like to this package: the shape that ts-proto's generic
 * definitions have. Anything of the same shape will do, see the README for one written by hand.
 */

import type { CallKind } from './interceptor.ts';

/** Turns messages into bytes and back. */
export interface MessageType<T> {
  encode(message: T): { finish(): Uint8Array };
  /** The input may be a view of a network buffer; it stays valid for as long as it is referenced. */
  decode(input: Uint8Array): T;
  /** Fills the defaults of an incomplete message. */
  fromPartial?(object: never): T;
}

/** gRPC's promise about repeating a call: `option idempotency_level` in the `.proto`. */
export type IdempotencyLevel = 'IDEMPOTENCY_UNKNOWN' | 'IDEMPOTENT' | 'NO_SIDE_EFFECTS';

/** One method of a service. */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: MessageType<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageType<unknown>;
  readonly responseStream: boolean;
  readonly options: { readonly idempotencyLevel?: IdempotencyLevel };
}

/** A service: `name` is what the registry knows, `fullName` (with the package) is what travels. */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: { readonly [key: string]: MethodDefinition };
}

/** The request message of a method. */
export type RequestOf<M extends MethodDefinition> = M['requestType'] extends {
  decode(...input: never[]): infer T;
}
  ? T
  : never;

/** What a caller may pass as request: incomplete when the type can fill defaults. */
export type RequestInputOf<M extends MethodDefinition> = M['requestType'] extends {
  fromPartial(object: infer P): unknown;
}
  ? P
  : RequestOf<M>;

/** The response message of a method. */
export type ResponseOf<M extends MethodDefinition> = M['responseType'] extends {
  decode(...input: never[]): infer T;
}
  ? T
  : never;

/** True when the `.proto` allows the call to be applied twice. */
export function isIdempotent(method: MethodDefinition): boolean {
  const level = method.options.idempotencyLevel;
  return level === 'IDEMPOTENT' || level === 'NO_SIDE_EFFECTS';
}

/** Which of its sides stream. */
export function kindOf({ requestStream, responseStream }: MethodDefinition): CallKind {
  if (requestStream) return responseStream ? 'bidirectional' : 'client-streaming';
  return responseStream ? 'server-streaming' : 'unary';
}

/** The name of a method on the wire: `/mpim.v1.UserServiceRpc/Login`. */
export function wirePath(service: ServiceDefinition, method: MethodDefinition): string {
  return `/${service.fullName}/${method.name}`;
}
