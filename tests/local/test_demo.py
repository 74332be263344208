"""The demo as a server: what it answers to whom, and its clock."""

import asyncio
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web

from pipeline.local.demo import Clock, site, start_demo
from pipeline.local.demo_site import declared, moments

T0, T1, T2 = moments()
FEEDS = ["/tern/feed.xml", "/curlew/atom.xml"]
CAVERS = "/curlew/story/20261122/cavers-in-the-karst.html"


@contextmanager
def running(now: datetime | None = None, file: Path | None = None) -> Iterator[http.client.HTTPConnection]:
    loop, runner = asyncio.new_event_loop(), web.AppRunner(site(Clock(now, file)))
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", runner.addresses[0][1], timeout=10)
    yield connection
    connection.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(runner.cleanup())


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


@pytest.mark.parametrize("path", [*FEEDS, CAVERS])
def test_demo_server_answers_304_to_who_has_it(path: str) -> None:
    with running(T0) as demo:
        status, headers, body = ask(demo, "GET", path)
        assert status == 200
        assert body
        known: list[tuple[dict[str, str], int]] = [
            ({"If_None_Match": headers["ETag"]}, 304),
            ({"If_None_Match": f'"other", W/{headers["ETag"]}'}, 304),
            ({"If_Modified_Since": headers["Last-Modified"]}, 304),
            ({"If_None_Match": '"other"', "If_Modified_Since": headers["Last-Modified"]}, 200),
            ({"If_Modified_Since": "yesterday"}, 200),
        ]
        for conditions, expected in known:
            assert ask(demo, "GET", path, **conditions)[0] == expected
        assert ask(demo, "POST", "/_clock", "next")[0] == 200
        assert ask(demo, "GET", path, If_None_Match=headers["ETag"])[0] == 200


def test_demo_server_head_has_no_body() -> None:
    with running() as demo:
        status, headers, body = ask(demo, "HEAD", CAVERS)
        assert (status, body) == (200, b"")
        assert int(headers["Content-Length"]) == len(ask(demo, "GET", CAVERS)[2])


@pytest.mark.parametrize(("method", "sent", "status", "then"), [
    ("POST", "2026-11-23T12:15:00Z", 200, "2026-11-23T12:15:00Z"),
    ("POST", "2026-11-23T13:15:00+01:00", 200, "2026-11-23T12:15:00Z"),
    ("POST", "next", 200, "2026-11-23T21:00:00Z"),
    ("POST", "soon", 400, "2026-11-22T21:00:00Z"),
    ("POST", "9" * 200, 413, "2026-11-22T21:00:00Z"),
    ("POST", "0001-01-01T00:00:00+14:00", 400, "2026-11-22T21:00:00Z"),
    ("POST", "\x00", 400, "2026-11-22T21:00:00Z"),
    ("POST", "2026-11-23", 200, "2026-11-23T00:00:00Z"),
    ("POST", "", 400, "2026-11-22T21:00:00Z"),
    ("DELETE", "next", 405, "2026-11-22T21:00:00Z"),
])  # fmt: skip
def test_demo_clock_is_moved_by_who_asks_well(method: str, sent: str, status: int, then: str) -> None:
    with running() as demo:
        assert ask(demo, method, "/_clock", sent)[0] == status
        assert ask(demo, "GET", "/_clock")[2].decode().strip() == then


def test_demo_clock_is_not_moved_by_a_page() -> None:
    with running() as demo:
        assert ask(demo, "POST", "/_clock", "next", Origin="https://elsewhere.example")[0] == 404
        assert ask(demo, "POST", CAVERS, "next")[0] == 405
        assert ask(demo, "GET", "/_clock")[2].decode().strip() == "2026-11-22T21:00:00Z"


def test_demo_two_servers_share_no_state() -> None:
    with running() as one, running() as other:
        ask(one, "POST", "/_clock", "next")
        assert ask(one, "GET", CAVERS)[2] != ask(other, "GET", CAVERS)[2]
        assert ask(other, "GET", "/_clock")[2].decode().strip() == "2026-11-22T21:00:00Z"


@pytest.mark.parametrize("starts", [1, 2, 3, 4])
def test_demo_clock_moves_on_at_each_start_and_stays_at_the_end(tmp_path: Path, starts: int) -> None:
    for _ in range(starts):
        clock = Clock(file=tmp_path / "clock")
    assert clock.now == [T0, T1, T2, T2][starts - 1]


def test_demo_clock_given_goes_before_the_remembered_one(tmp_path: Path) -> None:
    Clock(T2, tmp_path / "clock")
    assert Clock(T0, tmp_path / "clock").now == T0


def test_demo_runs_as_a_process_and_ends(tmp_path: Path) -> None:
    with start_demo(tmp_path) as demo:
        connection = http.client.HTTPConnection(demo.url.removeprefix("http://"), timeout=10)
        assert demo.declared == declared(connection.port)
        assert demo.sources == ("tern-herald", "curlew", "avocet")
        assert ask(connection, "GET", "/_clock")[2].decode().strip() == "2026-11-22T21:00:00Z"
        connection.close()
    assert demo.process.popen.poll() is not None
    with start_demo(tmp_path) as demo:
        assert demo.now == T1
