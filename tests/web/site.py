"""A site on loopback that behaves as the world does: each test says what its paths answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from aiohttp import web

from pipeline.web.answers import Answer
from pipeline.web.client import Client
from pipeline.web.verdict import Limits

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
PAGE = b"<html><title>Ferries</title><p>stay in port</p></html>"
QUICK = Limits(connect=1, read=0.3, total=1, body=100_000, delay=0, backoff=0.01)

Page = Callable[[web.Request], web.StreamResponse | Awaitable[web.StreamResponse]]


def page(body: bytes = PAGE, **headers: str) -> Page:
    """A page; `_` in the names of headers stands for `-`."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(body=body, headers={"Content-Type": "text/html", **said})


def status(number: int, **headers: str) -> Page:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(status=number, headers=said)


async def cut(request: web.Request) -> web.StreamResponse:
    """Promises 1,000 bytes, gives ten and closes."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "text/html"})
    await response.prepare(request)
    await response.write(b"x" * 10)
    assert request.transport is not None
    request.transport.close()
    return response


async def cut_chunks(request: web.Request) -> web.StreamResponse:
    """Closes before the last chunk."""
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(b"x" * 10)
    assert request.transport is not None
    request.transport.close()
    return response


async def dripping(request: web.Request) -> web.StreamResponse:
    """A byte now and then, for ever."""
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"x")
        await asyncio.sleep(0.05)
    return response


async def stopping(request: web.Request) -> web.StreamResponse:
    """Begins, and says no more."""
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    await response.write(b"x")
    await asyncio.sleep(3)
    return response


async def silent(request: web.Request) -> web.Response:
    await asyncio.sleep(3)
    return web.Response()


class Site:
    """Notes what it was asked, with which headers, and from when to when."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.spans: list[tuple[float, float]] = []
        self.host = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        began = monotonic()
        self.asked.append(request.path)
        self.headers.append(dict(request.headers))
        said = self.pages.get(request.path, status(404))(request)
        found = said if isinstance(said, web.StreamResponse) else await said
        self.spans.append((began, monotonic()))
        return found

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.host = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()

    def get(self, path: str, limits: Limits = QUICK, **options: Any) -> Answer:
        return self.all([path], limits, **options)[0]

    def all(self, paths: list[str], limits: Limits = QUICK, **options: Any) -> list[Answer]:
        """The answers for these paths, asked at once by one client; `{host}` in an option is the site's own."""

        async def run() -> list[Answer]:
            async with self.serving(), Client("desk@paper.example", now=lambda: NOW, limits=limits) as client:
                given = {"allow_hosts": [self.host], **options}
                if "login" in given:
                    given["login"] = tuple(part.replace("{host}", self.host) for part in given["login"])
                return await asyncio.gather(*(client.get(f"http://{self.host}{path}", **given) for path in paths))

        return asyncio.run(run())


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[str]:
    """Answers whatever is asked with these bytes, and closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def reason(answer: Answer) -> str | None:
    return answer.error.reason if answer.error else None


def last_paths(answer: Answer) -> list[str]:
    return ["/" + exchange.url.split("/", 3)[3] for exchange in answer.exchanges]
