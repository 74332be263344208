"""Serves the demo site on loopback, by a clock that a caller moves: `python -m pipeline.local.demo --port 8600`."""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

from pipeline.errors import UsageError
from pipeline.local.demo_site import Response, declared, moments, respond, rfc, stamp
from pipeline.local.ports import answers, free_port
from pipeline.local.processes import Process

__all__ = ["Clock", "Demo", "Server", "declared", "respond", "serve", "start_demo"]

PORT = 8600
READY_SECONDS = 20
IDLE_SECONDS = 30
"""A connection on which nothing comes is closed."""

LONGEST_TIME = 100  # bytes posted to /_clock


class Clock:
    """The demo's time. With a file it is remembered, and a new start moves on to the next moment of the calendar."""

    def __init__(self, now: datetime | None = None, file: Path | None = None) -> None:
        self.file = file
        self.now = now or moments()[0]
        if now is None and file and file.exists():
            self.move(file.read_text(encoding="utf-8"))
            self.move("next")
        self.keep()

    def move(self, to: str) -> None:
        """To a time such as 2026-11-23T21:00:00Z, or `next`; raises `UsageError` for anything else."""
        if to.strip() == "next":
            self.now = next((moment for moment in moments() if moment > self.now), self.now)
        else:
            self.now = moment(to)
        self.keep()

    def keep(self) -> None:
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(stamp(self.now), encoding="utf-8")


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"the demo's clock takes a time such as 2026-11-23T21:00:00Z, or next, not {text!r}") from None


class Server(ThreadingHTTPServer):
    """The demo at a port of 127.0.0.1 (0: any); one thread for each connection."""

    def __init__(self, port: int, clock: Clock) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.clock = clock
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        if self.path == "/_clock":
            return self.say(200, stamp(self.server.clock.now))
        response = respond(self.path, self.server.clock.now, self.server.url)
        return self.send(unless_known(response, self.headers))

    do_HEAD = do_GET  # noqa: N815 - http.server finds the methods by these names

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        self.close_connection = True  # what may be left of the body is nobody's next request
        if self.path != "/_clock" or "Origin" in self.headers:  # no page in a browser may move it
            return self.say(404, "Only /_clock can be changed, and not by a page.")
        if not length.isdecimal() or int(length) > LONGEST_TIME:
            return self.say(400, f"Send a time of at most {LONGEST_TIME} bytes, or next.")
        try:
            self.server.clock.move(self.rfile.read(int(length)).decode(errors="replace"))
        except UsageError as error:
            return self.say(400, str(error))
        return self.say(200, stamp(self.server.clock.now))

    do_PUT = do_POST  # noqa: N815

    def say(self, status: int, line: str) -> None:
        kind = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        self.send(Response(status, kind, f"{line}\n".encode()))

    def send(self, response: Response) -> None:
        """The response with the demo's own date, so that the same time gives the same bytes."""
        self.send_response_only(response.status)
        self.send_header("Date", rfc(self.server.clock.now))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if response.status != 304:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(response.body)
            except ConnectionError:  # a caller may stop at any size
                self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: a caller says itself what it asked for."""


def unless_known(response: Response, asked: Message) -> Response:
    """304 where the caller has it: an etag goes before a time (RFC 9110, 13.2.2), and a time must be the very one."""
    etags, since = asked.get("If-None-Match"), asked.get("If-Modified-Since")
    if etags is not None:
        known = response.headers.get("ETag") in re.findall(r'"[^"]*"', etags)
    else:
        known = since is not None and since == response.headers.get("Last-Modified")
    return Response(304, response.headers, b"") if known and response.status == 200 else response


def serve(port: int = PORT, now: datetime | None = None, state: Path | None = None) -> None:
    """Serves until the process ends; `state` is the file that remembers the clock."""
    with Server(port, Clock(now, state)) as server:
        print(f"The demo site is at {server.url}, its clock at {stamp(server.clock.now)}.", flush=True)
        server.serve_forever()


@dataclass(frozen=True)
class Demo:
    """A running demo: where it is, the sources file that declares it, and the time at which it began."""

    url: str
    now: datetime
    declared: str
    sources: tuple[str, ...]
    process: Process

    def move(self, to: datetime) -> None:
        """Sets its clock."""
        urlopen(Request(f"{self.url}/_clock", stamp(to).encode(), method="POST")).close()  # noqa: S310 - loopback


@contextmanager
def start_demo(state: Path) -> Iterator[Demo]:
    """The demo in a process of its own, at its first moment, or at the one after where it was before."""
    port = free_port(state, "demo", PORT)
    clock = state / "demo-clock"
    words = [sys.executable, "-m", "pipeline.local.demo", "--port", str(port), "--state", str(clock)]
    with Process.start("demo site", words, state / "logs" / "demo.log") as process:
        process.wait_until(lambda: answers(port), READY_SECONDS)
        names = tuple(source["name"] for source in tomllib.loads(declared(port))["source"])
        yield Demo(f"http://127.0.0.1:{port}", moment(clock.read_text()), declared(port), names, process)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=PORT)
    arguments.add_argument("--now", type=moment, help="the clock at the start, such as 2026-11-23T21:00:00Z")
    arguments.add_argument("--state", type=Path, help="a file that remembers the clock; each start moves it on")
    given = arguments.parse_args()
    try:
        serve(given.port, given.now, given.state)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(f"the demo site cannot listen at port {given.port}: {error.strerror}")


if __name__ == "__main__":
    main()
