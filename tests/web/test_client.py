"""The client against servers on loopback that behave as the web does."""

import asyncio
import gzip
import zlib
from collections.abc import Callable

import pytest
from aiohttp import web

from pipeline.web.answers import Answer
from pipeline.web.client import Client
from tests.web.site import NOW, PAGE, QUICK, Site, last_paths, page, reason, status

HTML = ("text/html",)


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
