"""How the client treats those whom it asks: by their robots.txt, one request at a time, again only where that helps."""

import asyncio
import gzip
import itertools
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import Retryable, Skipped
from pipeline.web.answers import Answer
from pipeline.web.client import Client
from pipeline.web.verdict import Limits
from tests.web.site import NOW, PAGE, QUICK, Page, Site, cut, page, reason, silent, status


def test_client_tries_again_what_may_pass(site: Site) -> None:
    answers = iter([status(503), cut, page()])
    site.pages["/a"] = lambda request: next(answers)(request)
    found = site.get("/a")
    assert (found.body, [e.status for e in found.exchanges]) == (PAGE, [404, 503, 200, 200])
    assert found.error is None


@pytest.mark.parametrize(("number", "tries"), [(429, 3), (502, 3), (503, 3), (504, 3), (500, 1), (403, 1), (404, 1)])
def test_client_tries_thrice_at_most_and_not_what_will_not_pass(site: Site, number: int, tries: int) -> None:
    site.pages["/a"] = status(number)
    assert [e.status for e in site.get("/a").exchanges[1:]] == [number] * tries


@pytest.mark.parametrize(
    ("said", "tries", "pause"),
    [
        ("3600", 1, timedelta(hours=1)),
        ("Sun, 22 Nov 2026 11:15:00 GMT", 1, timedelta(hours=1)),
        ("99999999999999", 1, timedelta(days=1)),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 3, None),
        ("0", 3, None),
        ("soon", 3, None),
        ("-5", 3, None),
        ("²", 3, None),
    ],
)
def test_client_comes_back_when_it_is_told_to(site: Site, said: str, tries: int, pause: timedelta | None) -> None:
    site.pages["/a"] = status(429, Retry_After=said)
    found = site.get("/a")
    assert len(found.exchanges[1:]) == tries
    assert isinstance(found.error, Retryable)
    assert found.error.not_before == (None if pause is None else NOW + pause)


def test_client_obeys_robots_txt_and_asks_for_it_once(site: Site) -> None:
    site.pages |= {"/robots.txt": page(b"User-agent: *\nDisallow: /private"), "/private": page(), "/a": page()}
    private, other, again = site.all(["/private", "/a", "/a"])
    assert (type(private.error), reason(private), private.status) == (Skipped, "robots.txt disallows", None)
    assert (other.error, again.error) == (None, None)
    assert "/private" not in site.asked
    assert site.asked.count("/robots.txt") == 1


def test_client_obeys_robots_txt_after_a_redirect_too(site: Site) -> None:
    site.pages |= {
        "/robots.txt": page(b"User-agent: newsroom\nDisallow: /private"),
        "/a": status(302, Location="/private"),
    }
    assert reason(site.get("/a")) == "robots.txt disallows"
    assert "/private" not in site.asked


@pytest.mark.parametrize(
    ("robots", "said"),
    [
        (status(404), None),
        (status(401), None),
        (status(302, Location="/robots.txt"), None),
        (status(302, Location="http://10.0.0.8/"), None),
        (page(gzip.compress(bytes(200_000)), Content_Encoding="gzip"), None),
        (page(b"\xff\xfe\x00<html>"), None),
        (page(b"User-agent: *\nCrawl-delay: 1e400\nCrawl-delay: -3\n"), None),
        (page(b"\xef\xbb\xbfUser-agent: *\nDisallow: /"), "robots.txt disallows"),
        (page(gzip.compress(b"User-agent: *\nDisallow: /"), Content_Encoding="gzip"), "robots.txt disallows"),
        (status(500), "robots.txt unreachable: status: 500"),
        (status(503), "robots.txt unreachable: status: 503"),
        (silent, "robots.txt unreachable: timed out: read"),
        (cut, "robots.txt unreachable: body cut short"),
    ],
)
def test_client_without_rules_all_is_allowed_and_trouble_waits(site: Site, robots: Page, said: str | None) -> None:
    site.pages |= {"/robots.txt": robots, "/a": page()}
    one, two = site.all(["/a", "/a"])
    assert (reason(one), reason(two)) == (said, said)
    assert ("/a" in site.asked) is (said is None)


def test_client_a_site_in_trouble_is_asked_for_its_robots_txt_by_the_first_alone(site: Site) -> None:
    site.pages["/robots.txt"] = status(500)
    found = site.all([f"/{n}" for n in range(5)])
    assert {type(one.error) for one in found} == {Retryable}
    assert site.asked == ["/robots.txt"]


def test_client_asks_a_host_one_thing_at_a_time(site: Site) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        return web.Response(body=PAGE)

    paths = [f"/{n}" for n in range(8)]
    site.pages |= dict.fromkeys(paths, slow)
    assert all(found.status == 200 for found in site.all(paths))
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(sorted(site.spans)))


@pytest.mark.parametrize(
    ("crawl_delay", "limits", "options"),
    [
        ("0.1", QUICK, {}),
        ("0", QUICK, {"delay": 0.1}),
        ("9", Limits(crawl_delay=0.1, delay=0), {}),
    ],
)
def test_client_pauses_between_requests_to_a_host(
    site: Site, crawl_delay: str, limits: Limits, options: dict[str, Any]
) -> None:
    site.pages |= {"/robots.txt": page(b"User-agent: *\nCrawl-delay: " + crawl_delay.encode()), "/a": page()}
    site.all(["/a", "/a", "/a"], limits, **options)
    spans = sorted(site.spans)
    assert len(spans) == 4
    assert all(other[0] - one[1] >= 0.09 for one, other in itertools.pairwise(spans)), "never less than asked for"


def test_client_asks_no_more_than_so_many_at_once() -> None:
    """Ten sites, three at a time."""
    sites, out, most = [Site() for _ in range(10)], 0, 0

    async def slow(request: web.Request) -> web.Response:
        nonlocal out, most
        out += 1
        most = max(most, out)
        await asyncio.sleep(0.01)
        out -= 1
        return web.Response(body=PAGE)

    async def get() -> list[Answer]:
        async with AsyncExitStack() as stack:
            for site in sites:
                site.pages |= {"/a": slow, "/robots.txt": slow}
                await stack.enter_async_context(site.serving())
            client = await stack.enter_async_context(Client(None, now=lambda: NOW, limits=Limits(at_once=3, delay=0)))
            client.lanes.turn = by_port(client, sites)  # type: ignore[method-assign]
            hosts = [site.host for site in sites]
            return await asyncio.gather(*(client.get(f"http://{host}/a", allow_hosts=hosts) for host in hosts))

    assert all(found.error is None for found in asyncio.run(get()))
    assert most == 3


def by_port(client: Client, sites: list[Site]) -> Any:
    """Makes each of the sites a host of its own, though all are on 127.0.0.1."""
    turn, count = client.lanes.turn, itertools.count()
    return lambda host, pause: turn(f"{host}-{next(count)}", pause)
