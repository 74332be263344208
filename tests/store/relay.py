"""A wire between boto3 and a real S3 server that goes wrong by a script."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

CUT, HALF = b"cut", b"half"
"""The request is done and its answer lost; the answer breaks off in its body. Anything else is an answer as it is."""


def answer(status: int, code: str) -> bytes:
    """What a server says without having done anything."""
    body = f"<Error><Code>{code}</Code><Message>made up</Message></Error>".encode()
    return f"HTTP/1.1 {status} Odd\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


class Relay:
    """`script` holds what happens to the next requests of each method; those behind it are passed on."""

    def __init__(self, port: int, script: dict[str, list[bytes]]) -> None:
        self.upstream, self.script = port, script
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(client,), daemon=True).start()

    def one(self, client: socket.socket) -> None:
        """One connection with one request, for we tell the server to close it."""
        with client, suppress(OSError):
            head, body = read(client)
            method = head.split(b" ", 1)[0].decode()
            happens = self.happens(method)
            if happens not in (b"", CUT, HALF):
                client.sendall(happens)
                return
            said = self.passed_on(head, body)
            if happens == HALF:
                said = said[: said.index(b"\r\n\r\n") + 4 + 5]
            if happens != CUT:
                client.sendall(said)

    def happens(self, method: str) -> bytes:
        planned = self.script.get(method, [])
        return planned.pop(0) if planned else b""

    def passed_on(self, head: bytes, body: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.upstream)) as server:
            server.sendall(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
            return b"".join(iter(lambda: server.recv(65536), b""))


class Weather(Relay):
    """One request in ten goes wrong, in one of five ways."""

    WRONG = (CUT, HALF, answer(500, "InternalError"), answer(503, "SlowDown"), b"")

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(port, {})
        self.chance = random.Random(seed)
        self.asked = self.wrong = 0

    def happens(self, method: str) -> bytes:
        self.asked += 1
        if self.chance.random() >= 0.1:
            return b""
        self.wrong += 1
        what = self.chance.choice(self.WRONG)
        if not what:
            time.sleep(self.chance.uniform(0.1, 1))
        return what


def read(client: socket.socket) -> tuple[bytes, bytes]:
    """A request's head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536) or b"\r\n\r\n"
    head, body = data.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"100-continue" in fields.get(b"expect", b""):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:"))
    while len(body) < int(fields.get(b"content-length", b"0")):
        body += client.recv(65536)
    return head + b"\r\n\r\n", body


R = TypeVar("R", bound=Relay)


@contextmanager
def relay(port: int, **script: list[bytes]) -> Iterator[Relay]:
    with serving(Relay(port, script)) as made:
        yield made


@contextmanager
def serving(made: R) -> Iterator[R]:
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        with suppress(OSError):
            made.listener.shutdown(socket.SHUT_RDWR)
        made.listener.close()
        thread.join()
