"""What a site's robots.txt lets us do, asked once for each site (RFC 9309)."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from pipeline.errors import EntryError, Retryable
from pipeline.web import because

AGENT = "Newsroom"
"""The name that a robots.txt may call us by."""

MOST_BYTES = 500 * 1024
"""What is read of a robots.txt: the least that RFC 9309, 2.5 asks for."""


@dataclass(frozen=True)
class Rules:
    """A site's robots.txt as far as we could have it; without one everything is allowed."""

    parsed: Protego | None = None
    fault: Retryable | None = None

    def check(self, url: str) -> None:
        """Raises `Skipped` where the site disallows the URL, `Retryable` where it could not be asked."""
        if self.fault:
            raise because("robots.txt unreachable", self.fault.reason, not_before=self.fault.not_before)
        if self.parsed and not self.parsed.can_fetch(url, AGENT):
            raise because("robots.txt disallows")

    @property
    def delay(self) -> float:
        """Seconds that the site wants between requests."""
        return (self.parsed and self.parsed.crawl_delay(AGENT)) or 0.0


def rules_of(error: EntryError | None, body: bytes) -> Rules:
    """Rules by the answer for a robots.txt: what is worth another try is waited for, any other refusal allows all."""
    if isinstance(error, Retryable):
        return Rules(fault=error)
    if error:
        return Rules()
    return Rules(Protego.parse(body[:MOST_BYTES].decode("utf-8-sig", "replace")))


class Robots:
    """The rules of every site that was asked; a site that did not answer is not asked twice."""

    def __init__(self) -> None:
        self.known: dict[str, Rules] = {}
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def rules(self, site: str, ask: Callable[[str], Awaitable[Rules]]) -> Rules:
        """The rules of a site such as `https://example.org`; `ask` is called for the first who wants them."""
        async with self.locks[site]:
            if site not in self.known:
                self.known[site] = await ask(f"{site}/robots.txt")
            return self.known[site]
