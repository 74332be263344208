"""The client against servers on loopback that behave as the world does."""

import asyncio
import gzip
import itertools
import ssl
import subprocess
import zlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import EntryError, Failed, Refused, Rejected, Retryable, Skipped
from pipeline.web import REASONS
from pipeline.web.answers import Answer
from pipeline.web.client import Client
from pipeline.web.verdict import Limits
from tests.web.site import (
    NOW,
    PAGE,
    QUICK,
    Page,
    Site,
    cut,
    cut_chunks,
    dripping,
    page,
    raw_server,
    reason,
    silent,
    status,
    stopping,
)  # fmt: skip

HTML = ("text/html",)


@pytest.fixture
def site() -> Site:
    return Site()


def ask(url: str, **options: Any) -> Answer:
    async def get() -> Answer:
        async with Client(None, now=lambda: NOW, limits=QUICK) as client:
            return await client.get(url, **options)

    return asyncio.run(get())


def last_paths(answer: Answer) -> list[str]:
    return ["/" + exchange.url.split("/", 3)[3] for exchange in answer.exchanges]


def test_client_gets_a_page_and_keeps_every_response(site: Site) -> None:
    site.pages["/a"] = page()
    answer = site.get("/a#part")
    assert (answer.status, answer.body, answer.at, answer.error) == (200, PAGE, NOW, None)
    assert answer.url == f"http://{site.host}/a"
    assert last_paths(answer) == site.asked == ["/robots.txt", "/a"]
    assert answer.exchanges[-1].payload == PAGE
    assert dict(answer.headers)["Content-Type"] == "text/html"


def test_client_names_the_project_and_the_contact(site: Site) -> None:
    site.pages["/a"] = page()
    kept = dict(site.get("/a").exchanges[-1].request_headers)
    assert {headers["User-Agent"] for headers in site.headers} == {"Newsroom/0.1 (+desk@paper.example)"}
    assert kept == {
        "Host": site.host, "User-Agent": "Newsroom/0.1 (+desk@paper.example)", "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
    }  # fmt: skip


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)])
def test_client_unpacks_what_it_asked_for_and_keeps_it_as_it_came(
    site: Site, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    site.pages["/a"] = page(pack(PAGE), Content_Encoding=coding)
    answer = site.get("/a")
    assert answer.body == PAGE
    assert answer.exchanges[-1].payload == pack(PAGE)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (status(404), Rejected, "status: 404"),
        (status(410), Rejected, "status: 410"),
        (status(403), Failed, "status: 403"),
        (status(500), Retryable, "status: 500"),
        (status(503), Retryable, "status: 503"),
        (status(304), Failed, "status: 304"),
        (status(302), Failed, "status: 302"),
        (status(302, Location="ftp://127.0.0.1/"), Refused, "refused scheme: ftp"),
        (status(302, Location="http://10.0.0.8/"), Refused, "refused address: 10.0.0.8"),
        (status(301, Location="http://2130706433/"), Refused, "refused address: 2130706433"),
        (status(308, Location="//169.254.169.254/latest/"), Refused, "refused address: 169.254.169.254"),
        (status(302, Location="http://127.0.0.1:22/"), Refused, "refused port: 22"),
        (status(302, Location="http://a:b@tern.example/"), Refused, "refused login in URL"),
        (status(302, Location="http://[::1/"), Failed, "bad URL"),
        (status(302, Location="/a"), Failed, "too many redirects"),
        (page(b"x" * 100_001), Failed, "body too large"),
        (page(gzip.compress(bytes(100_001)), Content_Encoding="gzip"), Failed, "decompression bomb"),
        (page(gzip.compress(PAGE)[:-9], Content_Encoding="gzip"), Failed, "broken content coding: gzip"),
        (page(b"\x28\xb5\x2f\xfd\x04\x00" + bytes(9), Content_Encoding="zstd"), Failed, "broken content coding: zstd"),
        (page(PAGE, Content_Type="image/png; x"), Rejected, "content type: image/png"),
    ],
)
def test_client_says_what_was_wrong_and_keeps_the_response(
    site: Site, answer: Page, kind: type[EntryError], said: str
) -> None:
    site.pages["/a"] = answer
    found = site.get("/a", accepts=HTML)
    assert (type(found.error), reason(found), found.body) == (kind, said, b"")
    assert last_paths(found)[1] == "/a"
    assert said.partition(":")[0] in REASONS


@pytest.mark.parametrize("accepts", [(), HTML])
@pytest.mark.parametrize("said", ["text/html;charset=utf-8", "TEXT/HTML", ""])
def test_client_takes_the_kinds_that_are_asked_for_and_what_says_no_kind(
    site: Site, said: str, accepts: tuple[str, ...]
) -> None:
    site.pages["/a"] = page(Content_Type=said)
    assert site.get("/a", accepts=accepts).body == PAGE


def test_client_takes_no_body_of_a_kind_that_is_not_wanted(site: Site) -> None:
    site.pages["/a"] = page(b"x" * 50_000, Content_Type="video/mp4")
    found = site.get("/a", accepts=HTML)
    assert [(e.payload, e.truncated) for e in found.exchanges[1:]] == [(b"", "length")]


@pytest.mark.parametrize(
    ("answer", "said", "kept", "word"),
    [
        (cut, "body cut short", 10, "disconnect"),
        (cut_chunks, "body cut short", 10, "disconnect"),
        (stopping, "timed out: read", 1, "time"),
        (page(b"x" * 200_000), "body too large", 100_000, "length"),
    ],
)
def test_client_a_body_that_ends_too_early_is_a_failure_and_its_capture_says_so(
    site: Site, answer: Page, said: str, kept: int, word: str
) -> None:
    site.pages["/a"] = answer
    found = site.get("/a")
    assert (reason(found), found.body) == (said, b"")
    assert (len(found.exchanges[-1].payload), found.exchanges[-1].truncated) == (kept, word)


def test_client_an_answer_has_a_time_in_all_however_it_drips(site: Site) -> None:
    site.pages["/a"] = dripping
    found = site.get("/a", limits=Limits(read=0.5, total=0.4, delay=0))
    assert (reason(found), found.exchanges[-1].truncated) == ("timed out: read", "time")


def test_client_the_time_in_all_is_that_of_all_redirects_together(site: Site) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(status=302, headers={"Location": f"/{len(site.asked)}"})

    site.pages |= dict.fromkeys(("/a", "/2", "/3", "/4", "/5", "/6", "/7"), slow)
    assert reason(site.get("/a", limits=Limits(total=0.7, delay=0))) == "timed out: read"


def test_client_a_server_that_says_nothing_is_asked_again_in_another_run(site: Site) -> None:
    site.pages["/a"] = silent
    found = site.get("/a")
    assert (type(found.error), reason(found)) == (Retryable, "timed out: read")
    assert site.asked.count("/a") == 1


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


def test_client_follows_five_redirects_and_keeps_each(site: Site) -> None:
    for n in range(6):
        site.pages[f"/{n}"] = status(301, Location=f"{n + 1}?d=ä")
    site.pages |= {"/6": page(), "/b": status(302, Location="/2")}
    assert reason(site.get("/0")) == "too many redirects"
    found = site.get("/1")
    assert (found.body, [e.status for e in found.exchanges[1:]]) == (PAGE, [301] * 5 + [200])
    assert found.url == f"http://{site.host}/6?d=%C3%A4"


def test_client_a_refused_redirect_names_where_it_led(site: Site) -> None:
    site.pages["/a"] = status(302, Location="http://10.0.0.8/b")
    found = site.get("/a")
    assert (found.url, found.status) == ("http://10.0.0.8/b", None)


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


def test_client_sends_a_login_to_its_own_site_alone_and_keeps_it_nowhere(site: Site) -> None:
    other = Site()
    site.pages |= {
        "/a": page(),
        "/b": lambda _: web.Response(status=302, headers={"Location": f"http://{other.host}/c"}),
    }
    other.pages["/c"] = page()

    async def get() -> list[Answer]:
        async with site.serving(), other.serving(), Client(None, now=lambda: NOW, limits=QUICK) as client:
            login, allow = (f"http://{site.host}/feed", "desk:secret"), [site.host, other.host]
            return [await client.get(f"http://{site.host}{p}", login=login, allow_hosts=allow) for p in ("/a", "/b")]

    found = asyncio.run(get())
    assert [one.error for one in found] == [None, None]
    said = {path: headers.get("Authorization") for path, headers in zip(site.asked, site.headers, strict=True)}
    assert said == {"/robots.txt": None, "/a": "Basic ZGVzazpzZWNyZXQ=", "/b": "Basic ZGVzazpzZWNyZXQ="}
    assert not any("Authorization" in headers for headers in other.headers)
    assert not any(secret in str(found) for secret in ("secret", "ZGVzazpz", "Authorization"))


@pytest.mark.parametrize(
    ("login", "said"),
    [
        (("http://{host}/feed", "t0ken"), "Bearer t0ken"),
        (("http://{host}/feed", "desk:pässword:x"), "Basic ZGVzazpww6Rzc3dvcmQ6eA=="),
        (("https://{host}/feed", "t0ken"), None),
        (("http://tern.example/feed", "t0ken"), None),
    ],
)
def test_client_a_login_is_basic_or_bearer(site: Site, login: tuple[str, str], said: str | None) -> None:
    site.pages["/a"] = page()
    site.get("/a", login=login)
    assert site.headers[-1].get("Authorization") == said


def test_client_keeps_no_cookies(site: Site) -> None:
    site.pages["/a"] = page(Set_Cookie="id=1")
    found = site.all(["/a", "/a"])
    assert not any("Cookie" in headers for headers in site.headers)
    assert "id=1" not in str(found)


def test_client_asks_conditionally(site: Site) -> None:
    site.pages["/a"] = status(304)
    found = site.get("/a", headers={"If-None-Match": '"x"'})
    assert (found.status, found.error) == (304, None)
    assert ("If-None-Match", '"x"') in found.exchanges[-1].request_headers


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"rubbish\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 999999 X\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n", "not HTTP"),
        (b"", "host unreachable: disconnected"),
        (b"HTTP/1.1 200 OK\r\n", "host unreachable: disconnected"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n", "body cut short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxx", "body cut short"),
        (b"HTTP/1.1 200 OK\r\n\r\nxx", None),
        (b"HTTP/1.0 200\r\nContent-Type: \xff\xfe\r\nX-\xc3: \xe4\r\n\r\nxx", "not HTTP"),
        (b"HTTP/1.0 200\r\nContent-Type: \xff\xfe\r\nX: \xe4\r\n\r\nxx", None),
    ],
)
def test_client_never_raises_whatever_a_server_sends(answer: bytes, said: str | None) -> None:
    async def get() -> Answer:
        async with raw_server(answer) as host, Client(None, now=lambda: NOW, limits=QUICK) as client:
            client.robots.known[f"http://{host}"] = await client.robots.rules("none", no_rules)
            return await client.get(f"http://{host}/a", allow_hosts=[host])

    found = asyncio.run(get())
    assert (reason(found) or "").startswith(said) if said else found.error is None


async def no_rules(url: str) -> Any:
    from pipeline.web.robots import Rules

    return Rules()


def test_client_a_host_that_is_not_there_is_worth_another_try() -> None:
    found = ask("http://127.0.0.1:9/", allow_hosts=["127.0.0.1:9"])
    assert isinstance(found.error, Retryable)
    assert found.error.reason == "robots.txt unreachable: host unreachable: Connection refused"
    assert found.exchanges == ()


def test_client_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-keyout", tmp_path / "key", "-out", tmp_path / "crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")

    async def get() -> Answer:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, Client(None, now=lambda: NOW, limits=QUICK) as client:
            return await client.get(f"https://{host}/", allow_hosts=[host])

    found = asyncio.run(get())
    assert (reason(found) or "").startswith("certificate refused: self")
    assert not isinstance(found.error, Retryable)


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
