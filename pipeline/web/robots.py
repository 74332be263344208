"""What the robots.txt of a host allows us, and how long it asks us to wait."""

from dataclasses import dataclass

from protego import Protego

from pipeline.errors import Retryable

LONGEST_PAUSE = 30.0
"""Seconds; a longer crawl-delay would keep a whole run waiting for one host."""

MOST_BYTES = 512_000
"""What is read of a robots.txt (RFC 9309, 2.5: at least 500 KiB)."""


@dataclass(frozen=True)
class Robots:
    """The rules of a host; none where it has no robots.txt."""

    rules: Protego | None = None

    def allows(self, url: str, agent: str) -> bool:
        return self.rules is None or bool(self.rules.can_fetch(url, agent))

    def pause(self, agent: str) -> float:
        """The crawl-delay in seconds."""
        asked = self.rules.crawl_delay(agent) if self.rules else None
        return min(float(asked or 0), LONGEST_PAUSE)


def read(status: int | None, body: bytes) -> Robots:
    """The rules of an answer (RFC 9309, 2.3.1): 4xx allows all, a server in trouble nothing for now."""
    if status is None or status >= 500 or status == 429:
        raise Retryable(f"robots.txt unreachable: {status or 'no answer'}")
    if status >= 300:
        return Robots()
    return Robots(Protego.parse(body[:MOST_BYTES].decode("utf-8", "replace")))
