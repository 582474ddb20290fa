import {
  type ConnectRequest,
  type ConnectResponse,
  ErrorCode,
  errorName,
  type JuteReader,
  type JuteWriter,
  OpCode,
  readConnectResponse,
  readReplyHeader,
  readSaslToken,
  writeConnectRequest,
  writeSaslToken,
} from '../../protocol/index.ts';
import { detached } from '../operations/node-data.ts';
import {
  credentialsOf,
  type SaslCredentials,
  SaslDigestMd5,
  type SaslSource,
} from './sasl-digest-md5.ts';

const REPLY_HEADER_BYTES = 16;

/** What an answer comes to. */
export type HandshakeStep =
  /** One more question, of SASL. */
  | { readonly kind: 'asked' }
  /** It is over; the response may say that the session is gone. */
  | { readonly kind: 'done'; readonly response: ConnectResponse }
  | { readonly kind: 'no-session'; readonly cause: Error }
  /** SASL in vain. */
  | { readonly kind: 'refused'; readonly reason: string };

const ASKED: HandshakeStep = { kind: 'asked' };

/** The beginning of a connection: the question for a session, and behind its answer SASL, if there is any. */
export class Handshake {
  readonly #request: ConnectRequest;
  readonly #sasl: SaslCredentials | SaslSource | undefined;
  readonly #output: JuteWriter;
  /** Under way since the server has answered. */
  #authenticating: { user: string; exchange: SaslDigestMd5; response: ConnectResponse } | null =
    null;
  /** Number of the last request. */
  xid = 0;

  /** Its frames are written to `output`, for the connection to send. */
  constructor(
    request: ConnectRequest,
    sasl: SaslCredentials | SaslSource | undefined,
    output: JuteWriter,
  ) {
    this.#request = request;
    this.#sasl = sasl;
    this.#output = output;
  }

  /** Whether the server has answered the question for a session. */
  get isAnswered(): boolean {
    return this.#authenticating !== null;
  }

  /** Asks for the session. */
  begin(): void {
    const mark = this.#output.beginFrame();
    writeConnectRequest(this.#output, this.#request);
    this.#output.endFrame(mark);
  }

  /** Takes an answer. Throws `ProtocolError` for what cannot be read. */
  answered(input: JuteReader): HandshakeStep {
    if (this.#authenticating === null) return this.#sessionAnswered(input);
    const { user, exchange, response } = this.#authenticating;
    const { error } = readReplyHeader(input);
    const step = error === 0 ? exchange.step(readSaslToken(input).token) : null;
    if (step?.kind === 'answer') return this.#ask(step.token);
    if (step?.kind === 'proven') return { kind: 'done', response };
    const refusal = `the server does not take the SASL user ${user} with this password (${errorName(error) ?? error})`;
    return { kind: 'refused', reason: step?.reason ?? refusal };
  }

  #sessionAnswered(input: JuteReader): HandshakeStep {
    if (input.remaining === REPLY_HEADER_BYTES) {
      return { kind: 'no-session', cause: noSession(readReplyHeader(input).error) };
    }
    const response = readConnectResponse(input);
    if (this.#sasl === undefined || response.timeoutMs <= 0) return { kind: 'done', response };
    // Its password lies where the server's tokens will.
    const kept = { ...response, password: detached(response.password) };
    const credentials = credentialsOf(this.#sasl);
    if (credentials instanceof Error) return { kind: 'no-session', cause: credentials };
    const exchange = new SaslDigestMd5(credentials);
    this.#authenticating = { user: credentials.username, exchange, response: kept };
    return this.#ask(Buffer.alloc(0));
  }

  #ask(token: Buffer): HandshakeStep {
    this.xid += 1;
    const mark = this.#output.beginFrame();
    this.#output.int(this.xid);
    this.#output.int(OpCode.sasl);
    writeSaslToken(this.#output, { token });
    this.#output.endFrame(mark);
    return ASKED;
  }
}

/** A read-only server that keeps no local sessions answers so to whom it cannot open one for. */
function noSession(error: number): Error {
  const hint =
    error === ErrorCode.NOTREADONLY
      ? ': it is read-only and opens no sessions of its own (localSessionsEnabled)'
      : '';
  return new Error(`the server opens no session, ${errorName(error) ?? error}${hint}`);
}

/** What a TLS server says to a client that speaks none; the length of no frame. */
export function isTlsAlert(chunk: Buffer): boolean {
  return chunk[0] === 0x15 && chunk[1] === 0x03;
}
