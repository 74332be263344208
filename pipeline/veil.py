"""Keeps the secrets of a source out of all that is kept and shown: its login, and the tokens inside its URL.

They are found by their value, because servers repeat them: in redirects, in links of a feed to itself, in error pages.
"""

import html
import re
from base64 import b64encode
from collections.abc import Iterator
from fnmatch import fnmatch
from urllib.parse import quote, unquote, urlsplit

from msgspec.structs import replace

from pipeline import seeds
from pipeline.errors import EntryError
from pipeline.model import Entry, Exchange
from pipeline.web.coding import decoded

HIDDEN = "***"
LEAST = 6
"""Characters of a secret that is looked for: a shorter one would be found in words that are none."""

LOGIN = re.compile(r"(?<=://)[^/?#@\s]*(?:@[^/?#@\s]*)*@")
PARAMETER = re.compile(r"(?<=[?&;])([^=&;#]+)=([^&;#]+)")
FIELDS = ("url", "guid", "title", "summary", "body", "fallback")


def shown(url: str) -> str:
    """The URL with its secrets as `***`: login, and the parameters of the table."""
    url = LOGIN.sub(f"{HIDDEN}@", url)
    return PARAMETER.sub(lambda found: f"{found[1]}={HIDDEN}" if is_secret(found[1]) else found[0], url)


def without_login(url: str) -> str:
    """As it names a page: whom an archive's crawler was is nobody's business."""
    return LOGIN.sub("", url)


def is_secret(parameter: str) -> bool:
    return any(fnmatch(parameter.lower(), pattern) for pattern in seeds.lines("secret_parameters.txt"))


class Veil:
    """The secrets of one source; without any it gives back what it is given."""

    def __init__(self, url: str, login: str | None = None) -> None:
        self.host = urlsplit(url).netloc
        self.parameters = {name: value for name, value in PARAMETER.findall(url) if is_secret(name)}
        written = {form for secret in (*self.parameters.values(), *logins(login or "")) for form in forms(secret)}
        self.secrets = sorted((one for one in written if len(one) >= LEAST), key=lambda one: (-len(one), one))

    def text(self, said: str) -> str:
        for secret in self.secrets:
            said = said.replace(secret, HIDDEN)
        return said

    def url(self, url: str) -> str:
        return shown(self.text(url)) if self.secrets or self.parameters else url

    def lifted(self, url: str) -> str:
        """The URL of an entry with what was hidden in it, for a request to the host of its source."""
        if not self.parameters or urlsplit(url).netloc != self.host:
            return url
        return PARAMETER.sub(lambda m: f"{m[1]}={self.parameters.get(m[1], m[2]) if m[2] == HIDDEN else m[2]}", url)

    def entry(self, entry: Entry) -> Entry:
        if not self.secrets:
            return entry
        said = {name: value for name in FIELDS if (value := getattr(entry, name))}
        return replace(entry, **{name: self.text(value) for name, value in said.items()})

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be kept: a body that repeats a secret is kept unpacked, with `***` there."""
        if not self.secrets and not self.parameters:
            return exchange
        payload, headers = exchange.payload, exchange.headers
        try:
            bare = decoded(headers, payload)
        except EntryError:
            bare = payload
        covered = bare
        for secret in self.secrets:
            covered = covered.replace(secret.encode(), HIDDEN.encode())
        if covered != bare:
            payload, headers = covered, tuple(each for each in headers if each[0].lower() != "content-encoding")
        return replace(
            exchange,
            url=self.url(exchange.url),
            payload=payload,
            headers=tuple((name, self.url(value)) for name, value in headers),
            reason=self.text(exchange.reason),
        )


def logins(login: str) -> Iterator[str]:
    """What of a login is secret: the token or password, and both names in one as the header has them."""
    if login:
        yield login
        yield login.partition(":")[2] or login
        yield b64encode(login.encode()).decode()


def forms(secret: str) -> Iterator[str]:
    """A secret as URLs, HTML and programs write it."""
    bare = unquote(secret)
    yield from (secret, bare, quote(bare, safe=""), quote(bare), html.escape(bare))
