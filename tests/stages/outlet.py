"""An outlet on loopback that alters, withdraws and moves what it printed, and whose feed never says so."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ARTICLE = "/2026/11/ferries-stay-in-port.html"
SENTENCES = (
    "Ferries between the islands and the mainland stayed in port on Sunday after crews voted to strike over pay.",
    "Ada Holm, who speaks for the crews, said that the company had made no offer since the talks broke down in May.",
    "Some four thousand passengers had booked for the day, and the company asked them to travel by train instead.",
    "The minister of transport called both sides to a meeting in the capital that is to begin on Monday morning.",
)


def page(*more: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in (*SENTENCES, *more))
    return f"<html><title>Ferries stay in port</title><article><h1>Ferries stay in port</h1>{body}".encode()


class Outlet(ThreadingHTTPServer):
    """Answers with what a test puts at each path, and 304 to who has it; notes what was asked conditionally."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.pages: dict[str, bytes | int | str] = {}
        self.asked: list[tuple[str, bool]] = []
        self.offer(ARTICLE)

    def offer(self, *paths: str) -> None:
        items = "".join(f"<item><title>Ferries</title><link>http://{self.host}{path}</link></item>" for path in paths)
        self.pages["/feed"] = f'<rss version="2.0"><channel><title>Tern</title>{items}</channel></rss>'.encode()

    def looks(self, path: str) -> list[bool]:
        return [conditional for asked, conditional in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    server: Outlet

    def do_GET(self) -> None:
        found = self.server.pages.get(self.path, 404)
        self.server.asked.append((self.path, "If-None-Match" in self.headers))
        body, etag = b"", f'"{hash(found):x}"'
        if isinstance(found, int):
            self.send_response(found)
        elif isinstance(found, str):
            self.send_response(301)
            self.send_header("Location", found)
        elif self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.send_header("ETag", etag)
        else:
            self.send_response(200)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "application/rss+xml" if self.path == "/feed" else "text/html")
            body = found
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""
