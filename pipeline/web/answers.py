"""What is asked of a client, what comes back, and what of it is kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import aiohttp

from pipeline.errors import EntryError, Failed, Rejected
from pipeline.model import Exchange, header
from pipeline.web.coding import decoded
from pipeline.web.guard import Target

PRIVATE = frozenset(
    {"authorization", "cookie", "proxy-authorization", "set-cookie", "set-cookie2", "transfer-encoding"}
)
"""Headers that are not kept: secrets, and a framing that the kept body is out of."""

GONE = frozenset({404, 410, 451})


@dataclass(frozen=True)
class Limits:
    """What an answer may cost. Seconds and bytes; `patience` is the longest Retry-After that is waited out."""

    connect: float = 10
    read: float = 20
    answer: float = 60
    body: int = 10_000_000
    redirects: int = 5
    tries: int = 3
    patience: float = 10
    pause: float = 1.0
    backoff: float = 0.5
    at_once: int = 16


@dataclass(frozen=True)
class Answer:
    """What came: every exchange on the way, and the last one's status, headers and body (out of its coding)."""

    exchanges: tuple[Exchange, ...]
    url: str
    at: datetime
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: EntryError | None = None


class Wanted(NamedTuple):
    """What a caller asked for."""

    allow_hosts: Collection[str]
    delay: float | None
    headers: Mapping[str, str]
    accepts: tuple[str, ...]
    login: str | None
    host: str


@dataclass
class Way:
    """The exchanges so far, and where the next one goes."""

    url: str
    exchanges: list[Exchange] = field(default_factory=list)
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def kept(to: Target, at: datetime, response: aiohttp.ClientResponse, body: bytes, error: EntryError | None) -> Exchange:
    """The exchange as it is kept: without secrets, and with what is missing said in WARC's word."""
    cut = {"body cut short": "disconnect", "body too large": "length", "content type": "length"}
    return Exchange(
        url=to.url,
        at=at,
        request_headers=visible((k, v) for k, v in response.request_info.headers.items()),
        status=response.status,
        reason=response.reason or "",
        headers=visible((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.raw_headers),
        payload=body,
        truncated=cut.get(error.reason.partition(":")[0]) if error else None,
    )


def visible(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if name.lower() not in PRIVATE)


def authorization(login: str) -> str:
    """`user:password` is Basic, anything else a bearer token."""
    return aiohttp.encode_basic_auth(*login.split(":", 1)) if ":" in login else f"Bearer {login}"


def conclude(way: Way) -> None:
    """Takes the body out of its coding; raises for a status that is no answer."""
    status = way.status or 0
    if status in GONE:
        raise Rejected(f"status: {status}")
    if status >= 400 or status < 200:
        raise Failed(f"status: {status}")
    coding = header(way.headers, "content-encoding")
    way.body = decoded(way.body, coding)
