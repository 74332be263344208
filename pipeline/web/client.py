"""Fetches what the stages ask for: politely, guarded, and with every response kept."""

import socket
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec.structs import replace

from pipeline.errors import EntryError
from pipeline.model import Exchange
from pipeline.web import answers, because, guard
from pipeline.web.answers import Answer, Errand
from pipeline.web.coding import ASKED_FOR, decoded
from pipeline.web.guard import GuardedResolver, Target
from pipeline.web.lanes import Lanes
from pipeline.web.robots import AGENT, Robots, Rules, rules_of
from pipeline.web.verdict import Limits, fault, is_wanted, pause_before_next, points_to, what_is_wrong

VERSION = "0.1"

LONGEST_HEADER, MOST_HEADERS = 65_536, 256
"""Content security policies outgrow aiohttp's 8 kB."""

LIMITS = Limits()

OpenSocket = Callable[[tuple[Any, ...]], socket.socket]
"""Gives the socket for an address, as `getaddrinfo` writes it; whatever connects goes through here."""


class Client:
    """A session with the web, for use as an async context manager.

    `contact` stands in the User-Agent; `now` gives the time of each exchange. `resolver` and `open_socket` are the
    seams to the outer world.
    """

    def __init__(
        self,
        contact: str | None,
        *,
        now: Callable[[], datetime],
        limits: Limits = LIMITS,
        resolver: AbstractResolver | None = None,
        open_socket: OpenSocket | None = None,
    ) -> None:
        self.agent = f"{AGENT}/{VERSION}" + (f" (+{contact})" if contact else "")
        self.now = now
        self.limits = limits
        self.resolver = resolver
        self.open_socket = open_socket
        self.lanes = Lanes(limits.at_once)
        self.robots = Robots()

    async def __aenter__(self) -> Self:
        names = self.resolver or aiohttp.ThreadedResolver()
        # Two pools: a connection that one source may open is never there for another to use.
        self.sessions = {False: self._session(GuardedResolver(names)), True: self._session(names)}
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self.sessions.values():
            await session.close()

    def _session(self, resolver: AbstractResolver) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, limit=0, socket_factory=self.open_socket),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # a proxy would connect to what we did not check
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            max_headers=MOST_HEADERS,
        )

    async def get(
        self,
        url: str,
        *,
        allow_hosts: Collection[str] = frozenset(),
        delay: float | None = None,
        headers: Mapping[str, str] | None = None,
        accepts: tuple[str, ...] = (),
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """The answer for a URL; whatever the world does is in it, with a reason of `pipeline.web.REASONS`.

        `allow_hosts` opens the guard for `host:port`; `delay` is the pause between requests to a host, in seconds;
        `accepts` has beginnings of content types (none: any). `login` is a URL of the only site that gets it, and a
        secret: `user:password` or a bearer token.
        """
        return await self._answer(Errand(url, allow_hosts, delay, headers or {}, accepts, login))

    async def _answer(self, errand: Errand) -> Answer:
        body, error = b"", None
        try:
            last = await self._follow(errand)
            body = decoded(last.headers, last.payload, self.limits.body)
        except EntryError as found:
            error = found
        came = errand.last
        status, headers, at = (came.status, came.headers, came.at) if came else (None, (), self.now())
        return Answer(tuple(errand.exchanges), errand.url, status, headers, body, at, error)

    async def _follow(self, errand: Errand) -> Exchange:
        """The last response after redirects; each hop is guarded and asks its site's robots.txt."""
        for _ in range(self.limits.redirects + 1):
            target = guard.checked(errand.url, errand.allow_hosts)
            errand.url = str(target.url)
            last = await self._tries(errand, target, await self._pace(errand, target))
            further = points_to(last)
            if further is None:
                return last
            errand.url, errand.last = further, None
        raise because("too many redirects")

    async def _pace(self, errand: Errand, target: Target) -> float:
        """Seconds between requests to this host; raises where its robots.txt keeps us out."""
        own = errand.delay if errand.delay is not None else 0 if target.is_loopback else self.limits.delay
        if not errand.asks_robots:
            return own

        async def ask(url: str) -> Rules:
            answer = await self._answer(Errand(url, errand.allow_hosts, errand.delay, asks_robots=False))
            errand.exchanges += answer.exchanges
            return rules_of(answer.error, answer.body)

        rules = await self.robots.rules(str(target.url.origin()), ask)
        rules.check(str(target.url))
        return max(own, min(rules.delay, self.limits.crawl_delay))

    async def _tries(self, errand: Errand, target: Target, pace: float) -> Exchange:
        """The response to one URL, asked again after a rest where that may help."""
        host = target.url.raw_host or ""
        attempt = 0
        while True:
            attempt += 1
            async with self.lanes.turn(host, pace):
                try:
                    return await self._exchange(errand, target)
                except EntryError as error:
                    pause = pause_before_next(error, attempt, self.limits, self.now())
                    if pause is None or errand.spent >= self.limits.total:
                        raise
                    self.lanes.rest(host, pause)

    async def _exchange(self, errand: Errand, target: Target) -> Exchange:
        """One request and its response; raises what is wrong with it, and keeps it all the same."""
        began = monotonic()
        try:
            async with self._request(errand, target) as response:
                came = await self._received(errand, target, response)
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise fault(problem) from None
        finally:
            errand.spent += monotonic() - began
        errand.last = came
        errand.exchanges.append(came)
        error = what_is_wrong(came, errand.accepts, conditional=errand.is_conditional, now=self.now())
        if error:
            raise error
        return came

    def _request(self, errand: Errand, target: Target) -> Any:
        limits = self.limits
        left = max(0.001, limits.total - errand.spent)
        return self.sessions[target.allowed].get(
            target.url,
            allow_redirects=False,
            headers={"User-Agent": self.agent, "Accept-Encoding": ASKED_FOR, **errand.headers_for(target.url)},
            timeout=aiohttp.ClientTimeout(total=left, sock_connect=limits.connect, sock_read=limits.read),
        )

    async def _received(self, errand: Errand, target: Target, response: aiohttp.ClientResponse) -> Exchange:
        """The response with its body; that is not taken where its kind is not wanted."""
        came = answers.exchange(str(target.url), self.now(), response)
        if is_wanted(came, errand.accepts):
            payload, truncated = await answers.body(response, self.limits.body)
            return replace(came, payload=payload, truncated=truncated)
        response.close()
        return replace(came, truncated="length")
