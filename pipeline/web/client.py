"""The one HTTP client: asks robots.txt first, goes where the guard has looked, and takes in no more than it can bear.

Nothing that the world does raises: an answer carries its error. The phrases before the colon are fixed, as ledgers
count them: refused scheme, refused port, refused address, no URL, host not found, host unreachable, certificate,
timed out, too many redirects, redirect without target, status, content type, content coding, decompression bomb,
body too large, body cut short, robots.txt disallows, robots.txt unreachable.
"""

import asyncio
import random
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from pipeline.errors import EntryError, Failed, Rejected, Retryable, Skipped
from pipeline.model import header
from pipeline.web import guard, robots
from pipeline.web.answers import Answer, Limits, Wanted, Way, authorization, conclude, kept
from pipeline.web.coding import UNDERSTOOD
from pipeline.web.guard import Resolve, Target
from pipeline.web.lanes import Lanes
from pipeline.web.resolver import Checked, by_system

AGENT = "Newsroom"
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})


LIMITS = Limits()


class Client:
    """A client for one batch of requests; by `resolve` and `sockets` tests see what would be connected to."""

    def __init__(
        self,
        contact: str | None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        limits: Limits = LIMITS,
        resolve: Resolve = by_system,
        sockets: Callable[[Any], socket.socket] | None = None,
    ) -> None:
        self.agent = f"{AGENT}/0.1 (+{contact})" if contact else f"{AGENT}/0.1"
        self.now, self.limits, self.resolve, self.sockets = now, limits, resolve, sockets
        self.checked, self.lanes = Checked(), Lanes(limits.at_once)
        self.robots: dict[str, robots.Robots] = {}
        self.asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=self.checked, use_dns_cache=False, limit=0, socket_factory=self.sockets, happy_eyeballs_delay=None
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self.limits.connect, connect=None, sock_read=self.limits.read
            ),
            headers={"User-Agent": self.agent, "Accept-Encoding": UNDERSTOOD},
            requote_redirect_url=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.session:
            await self.session.close()

    async def get(
        self,
        url: str,
        *,
        allow_hosts: Collection[str] = frozenset(),
        delay: float | None = None,
        headers: Mapping[str, str] | None = None,
        accepts: tuple[str, ...] = (),
        login: str | None = None,
    ) -> Answer:
        """One page, redirects followed; `accepts` are beginnings of content types.

        `login` is "user:password" or a token; it goes to the host of `url` alone.
        """
        wanted = Wanted(allow_hosts, delay, headers or {}, accepts, login, urlsplit(url).netloc)
        way, error = Way(url), None
        try:
            await self.walk(way, wanted)
        except EntryError as what:
            error = what
        at = way.exchanges[-1].at if way.exchanges else self.now()
        return Answer(tuple(way.exchanges), way.url, at, way.status, way.headers, way.body, error)

    async def walk(self, way: Way, wanted: Wanted) -> None:
        """From redirect to redirect, each one checked like the first."""
        for _ in range(self.limits.redirects + 1):
            to = guard.target(way.url, wanted.allow_hosts)
            rules = await self.rules(to)
            if not rules.allows(to.url, AGENT):
                raise Skipped("robots.txt disallows")
            await self.persist(way, to, wanted, rules.pause(AGENT))
            if way.status not in REDIRECTS:
                return conclude(way)
            target = header(way.headers, "location")
            if not target:
                raise Failed("redirect without target")
            way.url = urljoin(to.url, target)
        raise Failed("too many redirects")

    async def rules(self, to: Target) -> robots.Robots:
        """The robots.txt of a host, asked once."""
        parts = urlsplit(to.url)
        site = f"{parts.scheme}://{parts.netloc}"
        async with self.asking[site]:
            if site not in self.robots:
                allow = [parts.netloc] if to.allowed else []
                self.robots[site] = await self.ask_rules(f"{site}/robots.txt", Wanted(allow, None, {}, (), None, ""))
        return self.robots[site]

    async def ask_rules(self, url: str, wanted: Wanted) -> robots.Robots:
        way = Way(url)
        for _ in range(self.limits.redirects + 1):
            to = guard.target(way.url, wanted.allow_hosts)
            await self.persist(way, to, wanted, 0)
            location = header(way.headers, "location")
            if way.status not in REDIRECTS or not location:
                break
            way.url = urljoin(to.url, location)
        return robots.read(way.status, way.body)

    async def persist(self, way: Way, to: Target, wanted: Wanted, asked: float) -> None:
        """Requests until something comes that another try would not mend."""
        pause = max(asked, wanted.delay if wanted.delay is not None else 0.0 if to.allowed else self.limits.pause)
        for number in range(1, self.limits.tries + 1):
            error: Retryable | None = None
            async with self.lanes.enter(f"{to.host}:{to.port}", pause):
                try:
                    async with asyncio.timeout(self.limits.answer):
                        await self.request(way, to, wanted)
                except TimeoutError:
                    error = Retryable("timed out: answer")
                except Retryable as what:
                    error = what
            if error is None and way.status not in AGAIN:
                return
            error = error or Retryable(f"status: {way.status}", not_before=self.asked_to_wait(way))
            wait = self.wait(number, error)
            if wait is None:
                raise error
            await asyncio.sleep(wait)

    def wait(self, number: int, error: Retryable) -> float | None:
        """Seconds until the next try; None where there is none."""
        if number == self.limits.tries:
            return None
        backoff = self.limits.backoff * 2 ** (number - 1) * random.uniform(1, 1.5)  # noqa: S311 - spreads requests
        asked = (error.not_before - self.now()).total_seconds() if error.not_before else 0.0
        return None if asked > self.limits.patience else max(backoff, asked)

    def asked_to_wait(self, way: Way) -> datetime | None:
        """The moment of a Retry-After, seconds or a date (RFC 9110, 10.2.3)."""
        said = (header(way.headers, "retry-after") or "").strip()
        try:
            if said.isdigit():
                return self.now() + timedelta(seconds=min(int(said), 7 * 86400))
            found = parsedate_to_datetime(said)
        except (ValueError, TypeError):
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    async def request(self, way: Way, to: Target, wanted: Wanted) -> None:
        """One request, and its exchange; raises for what broke on the way."""
        assert self.session is not None  # noqa: S101 - `async with` makes it
        self.checked.known[to.host, to.port] = await guard.addresses(to, self.resolve)
        sent = dict(wanted.headers)
        if wanted.login and urlsplit(to.url).netloc == wanted.host:
            sent["Authorization"] = authorization(wanted.login)
        at = self.now()
        way.status, way.headers, way.body = None, (), b""
        try:
            async with self.session.get(to.url, headers=sent, allow_redirects=False) as response:
                way.status = response.status
                way.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.raw_headers)
                body, error = await self.body(response, wanted)
                way.exchanges.append(kept(to, at, response, body, error))
        except aiohttp.ClientSSLError as problem:
            raise Failed(f"certificate: {to.host}: {problem.__class__.__name__}") from None
        except ssl.SSLError as problem:
            raise Failed(f"certificate: {to.host}: {problem.reason}") from None
        except (aiohttp.ServerTimeoutError, TimeoutError):
            raise Retryable("timed out: connect or read") from None
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise Retryable(f"host unreachable: {to.host}: {problem.__class__.__name__}") from None
        if error:
            raise error
        way.body = body

    async def body(self, response: aiohttp.ClientResponse, wanted: Wanted) -> tuple[bytes, EntryError | None]:
        """What came of the body, and what is wrong with it; it is read no further than it may be."""
        kind = response.content_type.lower() if "Content-Type" in response.headers else ""
        if response.status == 200 and kind and wanted.accepts and not kind.startswith(wanted.accepts):
            return b"", Rejected(f"content type: {kind}")
        made = bytearray()
        try:
            async for chunk in response.content.iter_any():
                made += chunk
                if len(made) > self.limits.body:
                    del made[self.limits.body :]
                    return bytes(made), Failed(f"body too large: more than {self.limits.body // 1_000_000} MB")
        except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, OSError):
            return bytes(made), Retryable("body cut short")
        return bytes(made), None
