"""A client of mprpc, written from docs/mprpc-wire.md alone and with Python's own library only: unary and server-streaming
calls, the shared-secret handshake, compression with deflate. For the tests, which drive it with one JSON object a line.
"""

import hashlib
import hmac
import json
import os
import socket
import struct
import sys
import zlib

HELLO, METHOD, REQUEST, RESPONSE, STATUS, CANCEL, DATA, WINDOW, PING, GOAWAY, AUTH = range(1, 12)
END, TIMEOUT, METADATA, COMPRESSED, RETRYABLE, NOT_PROCESSED = 1, 2, 4, 8, 16, 32
STREAMING, COMPRESSION = 1, 2
DEFLATE = 1
MAX_FRAME = 4 * 1024 * 1024


class Gone(Exception):
    """The server went away."""


class Connection:
    def __init__(self, port, secret=None, compress=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.buffer = b""
        self.methods = {}
        self.last_id = 0
        self.compress = compress
        self.handshake(secret)

    # Frames

    def send(self, kind, flags, call_id, body=b""):
        self.socket.sendall(struct.pack(">IBBI", 6 + len(body), kind, flags, call_id) + body)

    def read(self, count):
        while len(self.buffer) < count:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise Gone("the connection was closed")
            self.buffer += chunk
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def receive(self):
        """The next frame that is not about the connection itself."""
        while True:
            length, kind, flags, call_id = struct.unpack(">IBBI", self.read(10))
            body = self.read(length - 6)
            if kind == PING and not flags & 1:
                self.send(PING, 1, call_id, body)
            elif kind == GOAWAY and body[4] != 0:
                raise Gone(f"GOAWAY {body[4]}: {body[5:].decode()}")
            elif kind not in (PING, GOAWAY) and kind < 0x80:
                return kind, flags, call_id, body

    # Handshake

    def handshake(self, secret):
        fields = b""
        if secret is not None:
            fields += field(1, b"hmac-sha256\0" + os.urandom(32))
        if self.compress:
            fields += field(3, bytes([DEFLATE]))
        capabilities = STREAMING | (COMPRESSION if self.compress else 0)
        own = b"MPRP" + struct.pack(">BBIII", 1, 1, capabilities, MAX_FRAME, 16 * 1024) + fields
        self.send(HELLO, 0, 0, own)
        kind, _, _, other = self.receive()
        assert kind == HELLO and other[:4] == b"MPRP", "the first frame is no HELLO"
        highest, lowest, theirs, self.max_frame, _ = struct.unpack(">BBIII", other[4:18])
        assert lowest <= 1 <= highest, f"it speaks versions {lowest} to {highest}"
        self.capabilities = capabilities & theirs
        accepted = read_fields(other[18:]).get(3, b"")
        self.compress = bool(self.capabilities & COMPRESSION) and DEFLATE in accepted
        if secret is None:
            return
        transcript = hashlib.sha256(own).digest() + hashlib.sha256(other).digest()

        def proof(side):
            text = f"mprpc {side} proof".encode()
            return hmac.new(secret.encode(), text + transcript, hashlib.sha256).digest()

        self.send(AUTH, 0, 0, proof("client"))
        kind, _, _, answer = self.receive()
        assert kind == AUTH and hmac.compare_digest(answer, proof("server")), "it has not the secret"

    # Calls

    def begin(self, path, message, timeout_ms=None, metadata=None):
        number = self.methods.get(path)
        if number is None:
            number = self.methods[path] = len(self.methods)
            self.send(METHOD, 0, number, path.encode())
        self.last_id += 1
        flags, body = END, struct.pack(">H", number)
        if timeout_ms is not None:
            flags |= TIMEOUT
            body += struct.pack(">I", timeout_ms)
        if metadata:
            flags |= METADATA
            entries = b"".join(
                bytes([len(k)]) + k.encode() + struct.pack(">H", len(v.encode())) + v.encode()
                for k, v in metadata.items()
            )
            body += struct.pack(">H", len(entries)) + entries
        if self.compress and len(message) >= 1024:
            flags |= COMPRESSED
            message = struct.pack(">BI", DEFLATE, len(message)) + zlib.compress(message)
        self.send(REQUEST, flags, self.last_id, body + message)
        return self.last_id

    def call(self, **request):
        """The responses of a call: one, or those of a stream. Raises nothing for a STATUS: returns it."""
        call_id = self.begin(**request)
        responses, compressed = [], 0
        while True:
            kind, flags, frame_id, body = self.receive()
            assert frame_id == call_id, f"a frame of call {frame_id} while {call_id} is under way"
            if kind == STATUS:
                return {"status": read_status(flags, body), "responses": responses}
            if kind == DATA and flags & END:
                return {"responses": responses, "compressed": compressed}
            size = 10 + len(body)
            if kind == RESPONSE and flags & METADATA:
                body = body[2 + struct.unpack(">H", body[:2])[0] :]
            if flags & COMPRESSED:
                compressed += 1
                body = unpack(body)
            responses.append(json.loads(body))
            if kind == RESPONSE:
                return {"responses": responses, "compressed": compressed}
            assert kind == DATA, f"a frame of type {kind}"
            self.send(WINDOW, 0, call_id, struct.pack(">I", size))


def field(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


def read_fields(data):
    fields = {}
    while data:
        tag, length = struct.unpack(">HH", data[:4])
        fields[tag] = data[4 : 4 + length]
        data = data[4 + length :]
    return fields


def unpack(body):
    algorithm, length = struct.unpack(">BI", body[:5])
    assert algorithm == DEFLATE, f"algorithm {algorithm} was not offered"
    assert 10 + length <= MAX_FRAME, "too large"
    message = zlib.decompressobj().decompress(body[5:], length + 1)
    assert len(message) == length, f"{len(message)} bytes instead of {length}"
    return message


def read_status(flags, body):
    code, length = struct.unpack(">BH", body[:3])
    message, rest = body[3 : 3 + length], body[3 + length :]
    (length,) = struct.unpack(">H", rest[:2])
    reason, rest = rest[2 : 2 + length], rest[2 + length :]
    (length,) = struct.unpack(">I", rest[:4])
    return {
        "code": code,
        "message": message.decode(),
        "reason": reason.decode(),
        "details": rest[4 : 4 + length].decode(),
        "retryable": bool(flags & RETRYABLE),
        "notProcessed": bool(flags & NOT_PROCESSED),
    }


def main():
    connection = None
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if "connect" in order:
                connection = Connection(**order["connect"])
                answer = {"capabilities": connection.capabilities}
            else:
                message = json.dumps(order.pop("request")).encode()
                answer = connection.call(message=message, **order)
        except (Gone, AssertionError, OSError) as error:
            answer = {"failed": str(error)}
        print(json.dumps(answer), flush=True)


main()
