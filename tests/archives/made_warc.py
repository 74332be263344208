"""WARC and ARC files made up for tests: a file in memory, its records, and every way to pack them."""

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

from backports import zstd

HTTP = "application/http; msgtype=response"
WORDS = ["tide", "harbour", "mayor", "vote", "ferry", "council", "roof", "slates", "bollard", "goat"]
SKIPPABLE = b"\x5d\x2a\x4d\x18"  # a zstd frame with a dictionary


@dataclass
class InMemory:
    """What an `ArchiveFile` gives, from bytes; `asked` are the ranges that were read."""

    body: bytes
    path: str = "made.warc.gz"
    modified: datetime = datetime(2021, 5, 4, tzinfo=UTC)
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"file:///archive/{self.path}"

    @property
    def size(self) -> int:
        return len(self.body)

    def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return self.body[offset : offset + length]


def html(number: int, words: int = 200) -> bytes:
    said = random.Random(number)
    text = " ".join(f"{said.choice(WORDS)}{said.randrange(999)}" for _ in range(words))
    return f"<html><title>Story {number}</title><p>{text}</p></html>".encode()


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: text/html", *headers, "\r\n"]).encode() + body


def record(
    number: int,
    block: bytes,
    *,
    kind: str = "response",
    mime: str = HTTP,
    url: str | None = None,
    date: str = "2020-01-02T03:04:05Z",
    length: int | None = None,
    more: str = "",
    end: str = "\r\n",
) -> bytes:
    """A record of WARC; `more` are lines of its head, `length` what it says in the place of its own."""
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{number}>",
        f"WARC-Target-URI: {url or address(number)}",
        f"WARC-Date: {date}",
        f"Content-Type: {mime}",
        f"Content-Length: {len(block) if length is None else length}",
        *filter(None, [more]),
    ]
    return (end.join(head) + 2 * end).encode("utf-8", "surrogateescape") + block + 2 * end.encode()


def address(number: int) -> str:
    return f"https://tern.example/{number}"


def stories(count: int) -> list[bytes]:
    return [record(n, http(html(n))) for n in range(count)]


def arc(number: int, block: bytes, *, version: int = 1, url: str | None = None) -> bytes:
    more = " 200 - - 0 made.arc" if version == 2 else ""
    line = f"{url or address(number)} 10.0.0.1 20200102030405 text/html{more} {len(block)}\n"
    return line.encode() + block + b"\n"


def blocks(records: list[bytes]) -> bytes:
    """Gzip members that begin anywhere, as bgzip makes them."""
    whole = b"".join(records)
    return b"".join(gzip.compress(whole[at : at + 1000]) for at in range(0, len(whole), 1000))


def with_dictionary(records: list[bytes]) -> bytes:
    said = b"".join(records)[:2000]
    made = zstd.ZstdDict(said, is_raw=True)
    frame = SKIPPABLE + len(said).to_bytes(4, "little") + said
    return frame + b"".join(zstd.compress(one, zstd_dict=made) for one in records)


PACKED: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": lambda records: b"".join(map(gzip.compress, records)),
    "gzip around all": lambda records: gzip.compress(b"".join(records)),
    "gzip in blocks": blocks,
    "gzip of several": lambda records: gzip.compress(records[0]) + gzip.compress(b"".join(records[1:])),
    "zstd": lambda records: b"".join(map(zstd.compress, records)),
    "zstd around all": lambda records: zstd.compress(b"".join(records)),
}

EACH: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstd": zstd.compress}
"""Packings that keep records apart, so that damage to one is not another's."""


def ends(members: list[bytes]) -> list[int]:
    return list(accumulate(map(len, members)))
