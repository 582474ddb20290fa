import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BINARY_SUBPROTOCOL, ClientEnvelope, type Message, ServerEnvelope } from '@mpim/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { Store } from './store.ts';

type Body = NonNullable<ServerEnvelope['body']>;
type Request = NonNullable<ClientEnvelope['request']>;

/** One client's socket, and who it is once it said hello. */
export interface FakeConnection {
  readonly socket: WebSocket;
  readonly id: string;
  user: string;
  token: string;
}

/**
 * A gateway at the socket level that speaks the real envelope and can misbehave: answers may be held
 * back, refused or lost, pushes dropped, doubled or reordered, sockets cut. It does nothing by itself
 * that a test did not ask for.
 */
export class FakeGateway implements AsyncDisposable {
  readonly store = new Store();
  readonly connections = new Set<FakeConnection>();
  readonly requests: Request[] = [];
  readonly tokens = new Map<string, string>();
  /** Id of the request that came last. */
  lastId = 0;
  pingIntervalMs = 20_000;
  maxTextBytes = 8192;
  /** Decides about a request: `undefined` answers as usual, `'drop'` not at all, a body answers with it. */
  onRequest: (request: Request, connection: FakeConnection) => Body | 'drop' | undefined = () =>
    undefined;
  /** How a push reaches a socket; replaced by tests that disturb it. */
  onPush: (push: () => void, message: Message) => void = (push) => push();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  #ids = 0;

  private constructor(http: Server) {
    this.#http = http;
    this.#sockets = new WebSocketServer({
      server: http,
      path: '/v1/ws',
      handleProtocols: (offered) => (offered.has(BINARY_SUBPROTOCOL) ? BINARY_SUBPROTOCOL : false),
    });
    this.#sockets.on('connection', (socket) => this.#connected(socket));
    http.on('request', (request, response) => this.#answerHttp(request, response));
  }

  /** Users get the token `token-<user>`; the password is `secret-<user>`. */
  static async start(users: readonly string[], port = 0): Promise<FakeGateway> {
    const http = createServer();
    const gateway = new FakeGateway(http);
    for (const user of users) gateway.tokens.set(`token-${user}`, user);
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    return gateway;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get address(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Commits a message of `sender` and pushes it to every other connection of the members. */
  post(conversationId: string, sender: string, text: string, clientMsgId = crypto.randomUUID()) {
    const message = this.store.append(conversationId, sender, clientMsgId, text);
    this.push(message);
    return message;
  }

  push(message: Message, exceptConnection = ''): void {
    const members = this.store.conversations.get(message.conversationId)?.members;
    for (const connection of this.connections) {
      if (connection.id === exceptConnection || members?.has(connection.user) !== true) continue;
      this.onPush(
        () => this.write(connection, 0, { $case: 'delivery', value: { message } }),
        message,
      );
    }
  }

  write(connection: FakeConnection, id: number, body: Body): void {
    connection.socket.send(ServerEnvelope.encode({ id, body }).finish());
  }

  broadcast(body: Body): void {
    for (const connection of this.connections) this.write(connection, 0, body);
  }

  /** Cuts every socket without a close frame. */
  cut(): void {
    for (const { socket } of this.connections) socket.terminate();
    this.connections.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #connected(socket: WebSocket): void {
    this.#ids += 1;
    const connection: FakeConnection = { socket, id: `c${this.#ids}`, user: '', token: '' };
    socket.on('close', () => this.connections.delete(connection));
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const { id, request } = ClientEnvelope.decode(data);
      if (request === undefined) return;
      this.lastId = id;
      this.requests.push(request);
      const decided = this.onRequest(request, connection);
      if (decided === 'drop') return;
      const body = decided ?? this.#answer(request, connection);
      if (socket.readyState === socket.OPEN) this.write(connection, id, body);
    });
  }

  #answer(request: Request, connection: FakeConnection): Body {
    const { user } = connection;
    switch (request.$case) {
      case 'hello': {
        const known = this.tokens.get(request.value.token);
        if (known === undefined) return failure('UNAUTHENTICATED', 'unknown token', false);
        connection.user = known;
        connection.token = request.value.token;
        this.connections.add(connection);
        const { pingIntervalMs, maxTextBytes } = this;
        const value = { user: known, sessionId: 's', connectionId: connection.id };
        return { $case: 'welcome', value: { ...value, pingIntervalMs, maxTextBytes } };
      }
      case 'send': {
        const { conversationId, clientMsgId, content } = request.value;
        for (const member of conversationId.split(':').slice(1)) {
          if (conversationId.startsWith('dm:')) this.store.open(conversationId, [member]);
        }
        const message = this.store.append(conversationId, user, clientMsgId, content?.text ?? '');
        this.push(message, connection.id);
        const { seq, serverTime } = message;
        return { $case: 'sent', value: { conversationId, clientMsgId, seq, serverTime } };
      }
      case 'sync': {
        const conversations = this.store.sync(user, request.value.cursors);
        return { $case: 'synced', value: { conversations } };
      }
      case 'history': {
        const { conversationId, afterSeq, beforeSeq } = request.value;
        const limit = request.value.limit === 0 ? 50 : request.value.limit;
        const all = this.store.conversations.get(conversationId)?.messages ?? [];
        const before = beforeSeq === 0 ? all.length : Math.min(all.length, beforeSeq - 1);
        const messages =
          afterSeq > 0
            ? all.slice(afterSeq, afterSeq + limit)
            : all.slice(Math.max(0, before - limit), before);
        return { $case: 'historyPage', value: { conversationId, messages, lastSeq: all.length } };
      }
      case 'markRead': {
        const { conversationId, seq } = request.value;
        this.store.conversations.get(conversationId)?.readSeq.set(user, seq);
        return { $case: 'readMarked', value: { conversationId, readSeq: seq } };
      }
      case 'createGroup':
        return this.#join(`g${request.value.requestId.slice(0, 8)}`, request.value.name, user);
      case 'joinGroup':
        return this.#join(request.value.groupId, '', user);
      case 'leaveGroup':
        this.store.conversations.get(`group:${request.value.groupId}`)?.members.delete(user);
        return { $case: 'groupLeft', value: { groupId: request.value.groupId } };
      case 'listMembers': {
        const { groupId } = request.value;
        const members = this.store.conversations.get(`group:${groupId}`)?.members ?? new Set();
        const value = [...members].map((name) => ({ user: name, role: 'member', joinedAt: 0 }));
        return { $case: 'memberList', value: { groupId, members: value } };
      }
      case 'ping':
        return { $case: 'pong', value: { serverTime: Date.now() } };
    }
  }

  #join(groupId: string, name: string, user: string): Body {
    const conversationId = `group:${groupId}`;
    const stored = this.store.open(conversationId, [user], name);
    const joinedSeq = stored.messages.length;
    stored.readSeq.set(user, joinedSeq);
    const group = { groupId, name: stored.name, owner: user, createdAt: 0 };
    return { $case: 'groupJoined', value: { group, conversationId, joinedSeq } };
  }

  #answerHttp(request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const reply = (status: number, body: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const refusal = (code: string, message: string) => ({
        error: { code, message, retryable: false },
      });
      if (request.url === '/v1/login') {
        const { user, password } = JSON.parse(text) as { user: string; password: string };
        if (password !== `secret-${user}`) {
          reply(401, refusal('UNAUTHENTICATED', 'wrong user or password'));
          return;
        }
        this.tokens.set(`token-${user}`, user);
        reply(200, { user, token: `token-${user}`, sessionId: 's', expiresAt: 1 });
      } else if (request.url === '/v1/register') {
        reply(409, refusal('ALREADY_EXISTS', 'the name is taken'));
      } else {
        this.tokens.delete((request.headers.authorization ?? '').replace('Bearer ', ''));
        reply(200, {});
      }
    });
  }
}

/** A failure body. */
export function failure(code: string, message: string, retryable: boolean): Body {
  return { $case: 'failure', value: { code, message, retryable, retryAfterMs: 0 } };
}
