"""Decides what a response means: where it points on, what is wrong with it, and whether to ask once more."""

import errno
import os
import random
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from yarl import URL

from pipeline.errors import EntryError, Rejected, Retryable
from pipeline.model import Exchange, header
from pipeline.pace import wish
from pipeline.web import because
from pipeline.web.coding import MOST_BYTES


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one client allows itself and others; times in seconds, sizes in bytes."""

    at_once: int = 16
    connect: float = 10
    read: float = 20  # without a byte
    total: float = 60  # on the wire for one answer, with redirects and further tries
    redirects: int = 5
    body: int = MOST_BYTES
    delay: float = 1  # between requests to one host
    crawl_delay: float = 30  # most that a robots.txt may ask for: ten minutes of a run are twenty pages then
    tries: int = 3
    backoff: float = 1  # after the first try; doubled after each
    patience: float = 10  # most that is waited for a Retry-After within a run


REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410, 451})
"""The server says that there is no article here: nothing that should have worked."""

WORTH_ANOTHER_RUN = frozenset({408, 425, 429, *range(500, 600)})
WORTH_ANOTHER_TRY = (
    "host unknown",
    "host unreachable",
    "body cut short",
    *(f"status: {s}" for s in (429, 502, 503, 504)),
)
"""Beginnings of reasons that a few seconds often mend; a time-out has cost its share already."""

TRUNCATED = {"length": "body too large", "time": "timed out", "disconnect": "body cut short"}


def points_to(exchange: Exchange) -> str | None:
    """Where a redirect leads; None where it is none."""
    location = header(exchange.headers, "location")
    if exchange.status not in REDIRECTS or not location:
        return None
    try:
        # Headers are kept as Latin-1; what servers put here without escapes is UTF-8.
        return str(URL(exchange.url).join(URL(location.strip().encode("latin-1").decode("utf-8", "replace"))))
    except ValueError:
        raise because("bad URL") from None


def is_wanted(exchange: Exchange, accepts: Sequence[str]) -> bool:
    """Whether a good answer is of a kind that was asked for; one that doesn't say may be."""
    said = content_type(exchange)
    return exchange.status >= 300 or not accepts or not said or said.startswith(tuple(accepts))


def content_type(exchange: Exchange) -> str:
    return (header(exchange.headers, "content-type") or "").partition(";")[0].strip().lower()


def what_is_wrong(exchange: Exchange, accepts: Sequence[str], *, conditional: bool, now: datetime) -> EntryError | None:
    """The error that a response is; None for a whole one of a wanted kind, for a redirect, and for a 304 asked for."""
    status = exchange.status
    if points_to(exchange) or (status == 304 and conditional):
        return None
    if status in WORTH_ANOTHER_RUN:
        wished = wish(status, {name.lower(): value for name, value in exchange.headers}, now)
        return Retryable(f"status: {status}", not_before=wished.until if wished else None)
    if status in GONE:
        return Rejected(f"status: {status}")
    if not 200 <= status < 300:
        return because("status", status)
    if not is_wanted(exchange, accepts):
        return because("content type", content_type(exchange)[:80])
    if exchange.truncated:
        return because(TRUNCATED[exchange.truncated], "read" if exchange.truncated == "time" else None)
    return None


def pause_before_next(error: EntryError, attempt: int, limits: Limits, now: datetime) -> float | None:
    """Seconds until another try of this run, with jitter; None where there shall be none. The first attempt is 1."""
    if attempt >= limits.tries or not error.reason.startswith(WORTH_ANOTHER_TRY):
        return None
    jitter = 0.5 + random.random()  # noqa: S311 - keeps clients apart, hides nothing
    pause = limits.backoff * 2 ** (attempt - 1) * jitter
    wished = error.not_before if isinstance(error, Retryable) else None
    asked = (wished - now).total_seconds() if wished else 0
    return None if asked > limits.patience else max(pause, asked)


def fault(error: Exception) -> EntryError:
    """What an exception of the HTTP library or the system is called."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return because("host unknown")
        case aiohttp.ClientConnectorCertificateError():
            found = error.certificate_error
            return because(
                "certificate refused", found.verify_message if isinstance(found, ssl.SSLCertVerificationError) else None
            )
        case aiohttp.ConnectionTimeoutError():
            return because("timed out", "connect")
        case TimeoutError():
            return because("timed out", "read")
        case aiohttp.InvalidURL():
            return because("bad URL")
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return because("not HTTP")
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return because("host unreachable", "TLS")
        case OSError() if error.errno in errno.errorcode:
            return because("host unreachable", os.strerror(error.errno or 0))
        case OSError() | aiohttp.ClientError():
            return because("host unreachable", "disconnected")
    return because("bad URL")
