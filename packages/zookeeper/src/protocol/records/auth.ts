import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** Adds an identity to the connection; sent with xid -4, answered with a header only. */
export interface AuthPacket {
  /** Unused; 0. */
  readonly type: number;
  readonly scheme: string;
  /** Credentials in the scheme's own form, such as `user:password` for digest. */
  readonly auth: Buffer | null;
}

/** Reads an {@link AuthPacket}. */
export function readAuthPacket(input: JuteReader): AuthPacket {
  return { type: input.int(), scheme: input.text(), auth: input.buffer() };
}

/** Writes an {@link AuthPacket}. */
export function writeAuthPacket(output: JuteWriter, value: AuthPacket): void {
  output.int(value.type);
  output.string(value.scheme);
  output.buffer(value.auth);
}

/** One step of a SASL exchange, in either direction. */
export interface SaslToken {
  readonly token: Buffer | null;
}

/** Reads a {@link SaslToken}. */
export function readSaslToken(input: JuteReader): SaslToken {
  return { token: input.buffer() };
}

/** Writes a {@link SaslToken}. */
export function writeSaslToken(output: JuteWriter, value: SaslToken): void {
  output.buffer(value.token);
}

/** An identity of the connection as `whoAmI` reports it. */
export interface ClientInfo {
  readonly scheme: string;
  readonly user: string;
}

/** Reads a {@link ClientInfo}. */
export function readClientInfo(input: JuteReader): ClientInfo {
  return { scheme: input.text(), user: input.text() };
}

/** Writes a {@link ClientInfo}. */
export function writeClientInfo(output: JuteWriter, value: ClientInfo): void {
  output.string(value.scheme);
  output.string(value.user);
}

/** Answer of whoAmI: what the server knows of the connection. */
export interface WhoAmIResponse {
  readonly identities: readonly ClientInfo[];
}

/** Reads a {@link WhoAmIResponse}. */
export function readWhoAmIResponse(input: JuteReader): WhoAmIResponse {
  return { identities: input.vector(readClientInfo) };
}

/** Writes a {@link WhoAmIResponse}. */
export function writeWhoAmIResponse(output: JuteWriter, value: WhoAmIResponse): void {
  output.vector(value.identities, writeClientInfo);
}
