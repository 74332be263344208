"""Serves the demo site on loopback, by a clock that a caller moves: `python -m pipeline.local.demo --port 8600`."""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.request import Request, urlopen

from aiohttp import web

from pipeline.config import moment
from pipeline.errors import UsageError
from pipeline.local.demo_site import Response, declared, moments, respond, rfc, stamp
from pipeline.local.ports import free_port
from pipeline.local.processes import Process

PORT = 8600
READY_SECONDS = 20
READY = "The demo site is at"
"""What it says once it listens: another's server may answer at the same port."""

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
            self.now = next((each for each in moments() if each > self.now), self.now)
        else:
            self.now = moment(to)
        self.keep()

    def keep(self) -> None:
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(stamp(self.now), encoding="utf-8")


def site(clock: Clock) -> web.Application:
    """The demo as an application."""

    def say(status: int, line: str) -> web.Response:
        return web.Response(status=status, text=f"{line}\n", headers={"Cache-Control": "no-store"})

    async def page(request: web.Request) -> web.Response:
        response = respond(request.raw_path, clock.now, str(request.url.origin()))
        status = 304 if response.status == 200 and known(response, request.headers) else response.status
        # A date of the demo's own, so that the same time gives the same bytes.
        headers = response.headers | {"Date": rfc(clock.now), "Server": "demo"}
        return web.Response(status=status, headers=headers, body=b"" if status == 304 else response.body)

    async def show(_: web.Request) -> web.Response:
        return say(200, stamp(clock.now))

    async def move(request: web.Request) -> web.Response:
        if "Origin" in request.headers:
            return say(404, "No page in a browser may move it.")
        try:
            clock.move((await request.read()).decode(errors="replace"))
        except UsageError as error:
            return say(400, str(error))
        return say(200, stamp(clock.now))

    made = web.Application(client_max_size=LONGEST_TIME)
    made.add_routes([web.get("/_clock", show), web.post("/_clock", move), web.get("/{path:.*}", page)])
    return made


def known(response: Response, asked: Mapping[str, str]) -> bool:
    """Whether the caller has it: an etag goes before a time (RFC 9110, 13.2.2), and a time must be the very one."""
    if "If-None-Match" in asked:
        return response.headers["ETag"] in re.findall(r'"[^"]*"', asked["If-None-Match"])
    return "If-Modified-Since" in asked and asked["If-Modified-Since"] == response.headers.get("Last-Modified")


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
    port = free_port(state, "demo")
    clock = state / "demo-clock"
    words = [sys.executable, "-m", "pipeline.local.demo", "--port", str(port), "--state", str(clock)]
    with Process.start("demo site", words, state / "logs" / "demo.log") as process:
        process.wait_until(lambda: process.last_words().startswith(READY), READY_SECONDS)
        names = tuple(source["name"] for source in tomllib.loads(declared(port))["source"])
        yield Demo(f"http://127.0.0.1:{port}", moment(clock.read_text()), declared(port), names, process)


def main() -> None:
    """Serves until it is told to stop."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=PORT)
    arguments.add_argument("--now", type=moment, help="the clock at the start, such as 2026-11-23T21:00:00Z")
    arguments.add_argument("--state", type=Path, help="a file that remembers the clock; each start moves it on")
    given = arguments.parse_args()
    clock = Clock(given.now, given.state)
    line = f"{READY} http://127.0.0.1:{given.port}, its clock at {stamp(clock.now)}."
    options = {"host": "127.0.0.1", "port": given.port, "access_log": None, "shutdown_timeout": 0}
    try:
        web.run_app(site(clock), **options, print=lambda _: print(line, flush=True))
    except OSError as error:
        sys.exit(f"the demo site cannot listen at port {given.port}: {error.strerror}")


if __name__ == "__main__":
    main()
