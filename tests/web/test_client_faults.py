"""What goes wrong on the web, and what the client says of it."""

import asyncio
import gzip
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import EntryError, Failed, Refused, Rejected, Retryable
from pipeline.web import REASONS
from pipeline.web.answers import Answer
from pipeline.web.client import Client
from pipeline.web.robots import Rules
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
    last_paths,
    page,
    raw_server,
    reason,
    silent,
    status,
    stopping,
)  # fmt: skip

HTML = ("text/html",)


def ask(url: str, **options: Any) -> Answer:
    async def get() -> Answer:
        async with Client(None, now=lambda: NOW, limits=QUICK) as client:
            return await client.get(url, **options)

    return asyncio.run(get())


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
            client.robots.known[f"http://{host}"] = Rules()
            return await client.get(f"http://{host}/a", allow_hosts=[host])

    found = asyncio.run(get())
    assert (reason(found) or "").startswith(said) if said else found.error is None


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
