"""What is asked of the client, and what comes back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import aiohttp
from yarl import URL

from pipeline.errors import EntryError
from pipeline.model import Exchange

SHOWN = frozenset({"host", "user-agent", "accept", "accept-encoding", "if-none-match", "if-modified-since"})
"""Request headers that are kept; any other may be a secret."""

HIDDEN = frozenset({"set-cookie", "set-cookie2"})
"""Response headers that are not kept."""


class Answer(NamedTuple):
    """What became of a request: every response on the way, the last one's body out of its coding, or the error.

    `status` and `headers` are of the response from `url`; there is none where `url` was not asked.
    """

    exchanges: tuple[Exchange, ...]
    url: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: datetime
    error: EntryError | None = None


@dataclass
class Errand:
    """One request on its way through redirects and tries; `login` is a URL of the site that it is for, and a secret."""

    url: str
    allow_hosts: Collection[str]
    delay: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()
    login: tuple[str, str] | None = None
    asks_robots: bool = True
    spent: float = 0  # seconds on the wire
    exchanges: list[Exchange] = field(default_factory=list)
    last: Exchange | None = None  # to the present URL

    @property
    def is_conditional(self) -> bool:
        return any(name.lower().startswith("if-") for name in self.headers)

    def headers_for(self, url: URL) -> dict[str, str]:
        """The login goes to its own scheme, host and port, and nowhere else that a redirect or a feed may point to."""
        if self.login is None or URL(self.login[0]).origin() != url.origin():
            return dict(self.headers)
        user, colon, password = self.login[1].partition(":")
        basic = aiohttp.encode_basic_auth(user, password)
        return {**self.headers, "Authorization": basic if colon else f"Bearer {self.login[1]}"}


def exchange(url: str, at: datetime, response: aiohttp.ClientResponse) -> Exchange:
    """The response without its body, and the request to it, without what is secret."""
    asked = response.request_info.headers.items()
    came = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers)
    return Exchange(
        url=url,
        at=at,
        request_headers=tuple((name, value) for name, value in asked if name.lower() in SHOWN),
        status=response.status,
        reason=response.reason or "",
        headers=tuple((name, value) for name, value in came if name.lower() not in HIDDEN),
        payload=b"",
    )


async def body(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, str | None]:
    """The body in its coding, and WARC's word for why it ends too early."""
    came = bytearray()
    try:
        async for chunk in response.content.iter_any():
            came += chunk
            if len(came) > most:
                response.close()
                return bytes(came[:most]), "length"
    except TimeoutError:
        return bytes(came), "time"
    except (aiohttp.ClientError, OSError):
        return bytes(came), "disconnect"
    return bytes(came), None
