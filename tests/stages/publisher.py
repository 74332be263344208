"""A publisher on loopback whose answers a test gives, and which notes what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Said(NamedTuple):
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - never written to
    body: str = ""


class Publisher:
    def __init__(self) -> None:
        self.answers: dict[str, Said] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.host = ""

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def asked_for(self, path: str) -> list[dict[str, str]]:
        return [headers for found, headers in self.asked if found == path]


def rss(*items: str, channel: str = "") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{channel}{inside}</channel></rss>'


@contextmanager
def publisher() -> Iterator[Publisher]:
    """Serves until the end of the block."""
    site = Publisher()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            said = site.answers.get(self.path, Said(404))
            body = said.body.encode()
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
