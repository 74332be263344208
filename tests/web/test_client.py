"""The client against a server on loopback that behaves as the world does."""

import asyncio
import gzip
import itertools
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import Retryable
from pipeline.web.client import Client, Limits

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
PAGE = b"<html><title>Ferries</title><p>stay in port</p></html>"
QUICK = Limits(connect=1, read=0.3, answer=1, body=100_000, pause=0, backoff=0.01)


class Site:
    """A server whose paths are set by each test; notes what it was asked, and when."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.spans: list[tuple[float, float]] = []
        self.host = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        began = monotonic()
        self.asked.append(request.path)
        self.headers.append(dict(request.headers))
        page = self.pages.get(request.path)
        if callable(page):
            page = page(request)
            page = await page if asyncio.iscoroutine(page) else page
        self.spans.append((began, monotonic()))
        return page or web.Response(status=404)

    def get(self, path: str, limits: Limits = QUICK, **options: Any) -> Any:
        return self.all([path], limits, **options)[0]

    def all(self, paths: list[str], limits: Limits = QUICK, **options: Any) -> list[Any]:
        async def run() -> list[Any]:
            async with self.serving(), Client("desk@paper.example", now=lambda: NOW, limits=limits) as client:
                allow = frozenset({self.host})
                return await asyncio.gather(
                    *(client.get(f"http://{self.host}{p}", allow_hosts=allow, **options) for p in paths)
                )

        return asyncio.run(run())

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.host = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()


@pytest.fixture
def site() -> Site:
    return Site()


def page(body: bytes = PAGE, **headers: str) -> Callable[[web.Request], web.Response]:
    return lambda _: web.Response(body=body, headers={"Content-Type": "text/html", **headers})


def status(number: int, **headers: str) -> Callable[[web.Request], web.Response]:
    return lambda _: web.Response(
        status=number, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def reason(answer: Any) -> str | None:
    return answer.error.reason if answer.error else None


def test_client_gets_a_page_and_keeps_the_exchange(site: Site) -> None:
    site.pages["/a"] = page()
    answer = site.get("/a")
    assert (answer.status, answer.body, answer.at, answer.error) == (200, PAGE, NOW, None)
    assert [exchange.url.rpartition("/")[2] for exchange in answer.exchanges] == ["a"]
    assert site.asked == ["/robots.txt", "/a"]


def test_client_names_the_project_and_the_contact(site: Site) -> None:
    site.pages["/a"] = page()
    site.get("/a")
    assert {headers["User-Agent"] for headers in site.headers} == {"Newsroom/0.1 (+desk@paper.example)"}


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda b: zlib.compress(b)[2:-4]),
        ("identity", bytes),
    ],
)
def test_client_unpacks_what_it_asked_for_and_keeps_it_as_it_came(
    site: Site, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    site.pages["/a"] = page(pack(PAGE), **{"Content-Encoding": coding})
    answer = site.get("/a")
    assert answer.body == PAGE
    assert answer.exchanges[-1].payload == pack(PAGE)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(404), "status: 404"),
        (status(410), "status: 410"),
        (status(403), "status: 403"),
        (status(503), "status: 503"),
        (status(302), "redirect without target"),
        (status(302, Location="ftp://127.0.0.1/"), "refused scheme: ftp"),
        (status(302, Location="http://10.0.0.8/"), "refused address: 10.0.0.8"),
        (status(302, Location="http://127.0.0.1:22/"), "refused port: 22"),
        (status(302, Location="/a"), "too many redirects"),
        (page(b"x" * 100_001), "body too large: more than 0 MB"),
        (page(gzip.compress(b"0" * 30_000_000), **{"Content-Encoding": "gzip"}), "decompression bomb: more than 20 MB"),
        (page(gzip.compress(PAGE)[:-9], **{"Content-Encoding": "gzip"}), "content coding: cut short"),
        (page(b"no gzip", **{"Content-Encoding": "gzip"}), "content coding: broken"),
        (page(PAGE, **{"Content-Encoding": "zstd-9"}), "content coding: zstd-9"),
        (page(PAGE, **{"Content-Type": "image/png"}), "content type: image/png"),
    ],
)
def test_client_says_what_was_wrong(site: Site, answer: Any, said: str) -> None:
    site.pages["/a"] = answer
    found = site.get("/a", accepts=("text/html",))
    assert reason(found) == said
    assert found.exchanges, "also a refused answer is kept"


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"x" * 10)
    assert request.transport is not None
    request.transport.close()
    return response


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"x")
        await asyncio.sleep(0.1)
    return response


async def silent(request: web.Request) -> web.Response:
    await asyncio.sleep(3)
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "said"),
    [(cut, "body cut short"), (dripping, "timed out: answer"), (silent, "timed out: connect or read")],
)
def test_client_an_answer_that_does_not_end_well_is_a_failure(site: Site, answer: Any, said: str) -> None:
    site.pages["/a"] = answer
    found = site.get("/a", limits=Limits(connect=1, read=0.3, answer=0.8, pause=0, backoff=0.01, tries=1))
    assert reason(found) == said
    assert isinstance(found.error, Retryable)


def test_client_a_body_cut_short_says_so_in_its_capture(site: Site) -> None:
    site.pages["/a"] = cut
    found = site.get("/a", limits=Limits(pause=0, tries=1))
    assert [(e.payload, e.truncated) for e in found.exchanges] == [(b"x" * 10, "disconnect")]


def test_client_tries_again_what_may_pass(site: Site) -> None:
    answers = iter([status(503), status(502), page()])
    site.pages["/a"] = lambda request: next(answers)(request)
    found = site.get("/a")
    assert (found.body, [e.status for e in found.exchanges]) == (PAGE, [503, 502, 200])


def test_client_does_not_try_again_what_will_not_pass(site: Site) -> None:
    site.pages["/a"] = status(403)
    assert len(site.get("/a").exchanges) == 1


def test_client_comes_back_when_it_was_told_to(site: Site) -> None:
    site.pages["/a"] = status(429, Retry_After="3600")
    found = site.get("/a")
    assert len(found.exchanges) == 1
    assert found.error.not_before == NOW + timedelta(hours=1)


def test_client_follows_redirects_and_keeps_each(site: Site) -> None:
    site.pages |= {"/a": status(301, Location="/b"), "/b": status(302, Location="c?d=1"), "/c": page()}
    found = site.get("/a")
    assert (found.url.rpartition("/")[2], [e.status for e in found.exchanges]) == ("c?d=1", [301, 302, 200])


def test_client_obeys_robots_txt(site: Site) -> None:
    site.pages |= {"/robots.txt": page(b"User-agent: *\nDisallow: /private"), "/private": page(), "/a": page()}
    assert [reason(found) for found in site.all(["/private", "/a"])] == ["robots.txt disallows", None]
    assert "/private" not in site.asked
    assert site.asked.count("/robots.txt") == 1


@pytest.mark.parametrize(("answer", "said"), [(status(404), None), (status(401), None), (status(500), "status: 500")])
def test_client_without_rules_all_is_allowed_and_trouble_waits(site: Site, answer: Any, said: str | None) -> None:
    site.pages |= {"/robots.txt": answer, "/a": page()}
    assert reason(site.get("/a")) == said


def test_client_asks_a_host_one_thing_at_a_time(site: Site) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.Response(body=PAGE)

    paths = [f"/{n}" for n in range(8)]
    site.pages |= dict.fromkeys(paths, slow)
    assert all(found.status == 200 for found in site.all(paths))
    spans = sorted(site.spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_client_pauses_as_long_as_it_is_asked_to(site: Site) -> None:
    site.pages |= {"/robots.txt": page(b"User-agent: *\nCrawl-delay: 0.2"), "/a": page(), "/b": page()}
    site.all(["/a", "/b"])
    begins = sorted(began for began, _ in site.spans)
    assert min(other - one for one, other in itertools.pairwise(begins)) >= 0.19


def test_client_sends_a_login_to_its_own_host_alone_and_keeps_it_nowhere(site: Site) -> None:
    site.pages["/a"] = page()
    found = site.get("/a", login="desk:secret")
    assert site.headers[-1]["Authorization"].startswith("Basic ")
    assert "secret" not in str(found.exchanges)
    assert "Authorization" not in dict(found.exchanges[-1].request_headers)


def test_client_keeps_no_cookies(site: Site) -> None:
    site.pages["/a"] = page(PAGE, **{"Set-Cookie": "id=1"})
    found = site.all(["/a", "/a"])
    assert not any("Cookie" in headers for headers in site.headers)
    assert "id=1" not in str(found[0].exchanges)


def test_client_asks_conditionally(site: Site) -> None:
    site.pages["/a"] = status(304)
    found = site.get("/a", headers={"If-None-Match": '"x"'})
    assert (found.status, found.error) == (304, None)
    assert site.headers[-1]["If-None-Match"] == '"x"'


def test_client_a_host_that_is_not_there_is_worth_another_try() -> None:
    async def run() -> Any:
        async with Client(None, limits=QUICK) as client:
            return await client.get("http://127.0.0.1:9/", allow_hosts=["127.0.0.1:9"])

    found = asyncio.run(run())
    assert isinstance(found.error, Retryable)
    assert found.error.reason.startswith("host unreachable: 127.0.0.1")
