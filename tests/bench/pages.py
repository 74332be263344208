"""What the benches work on: real pages of the evaluation data, and a site on loopback that serves them."""

import gzip
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.shared import SHARED

SETS = ("A_fundus", "A_scrapinghub")

Pages = list[tuple[str, bytes]]


def pages(name: str, most: int = 1000) -> Pages:
    """Address and bytes of the pages of a set, always the same ones."""
    files = sorted((SHARED / "data" / name).rglob("*.html.gz"), key=lambda p: sha256(p.name.encode()).digest())
    if not files:
        raise FileNotFoundError(f"the pages are missing: {SHARED / 'data' / name}")
    return [
        (f"https://bench.example/{path.name.removesuffix('.html.gz')}", gzip.decompress(path.read_bytes()))
        for path in files[:most]
    ]


class Site(ThreadingHTTPServer):
    """Serves the pages under many addresses, each once in the list that a source reads."""

    daemon_threads = True

    def __init__(self, pages: Pages, number: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.number = pages, number
        self.host = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        if self.path == "/list":
            body = "".join(f"http://{site.host}/{n}\n" for n in range(site.number)).encode()
        elif self.path.strip("/").isdigit():
            n = int(self.path.strip("/"))
            body = site.pages[n % len(site.pages)][1].replace(b'rel="canonical"', b'rel="x"') + b"<!-- %d -->" % n
        else:
            return self.send_error(404)
        kind = "text/plain" if self.path == "/list" else "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        return


def source(number: int, site: Site) -> str:
    url = f"http://{site.host}/list"
    return f'[[source]]\nname = "bench-{number}"\nkind = "urls"\nurl = "{url}"\nallow_hosts = ["{site.host}"]\n'
