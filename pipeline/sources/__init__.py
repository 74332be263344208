"""What a source offers, read by the file of its kind.

A kind is one file of this folder with a function `read` of the same shape as the one here, and its name in `KINDS`.
"""

import gzip
import importlib
import io
import zlib
from collections.abc import Mapping
from typing import NamedTuple, Protocol, cast
from urllib.parse import urljoin, urlsplit

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.pace import Pace
from pipeline.web import LONGEST_URL
from pipeline.web.coding import MOST_BYTES

KINDS = ("feed", "urls", "files")

ARCHIVES = ("warc", "jsonl", "newsml", "files")
"""Kinds that are read day by day by `pipeline.archives`; `files` is one where days are declared."""

MOST_ENTRIES = 10_000
"""Entries of one answer: more than any newsroom publishes in a day."""


class Offer(NamedTuple):
    """What a source offers now, and what was wrong on the way: a line each, the worst first.

    `whole` is False where the answer broke off, so that more may stand in the next of the same name.
    """

    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    pace: Pace = Pace()
    whole: bool = True


class Reader(Protocol):
    """The `read` of a kind; raises `SourceError` where nothing of its kind came."""

    def __call__(self, source: Source, url: str, headers: Mapping[str, str], body: bytes) -> Offer: ...


def read(source: Source, url: str, headers: Mapping[str, str], body: bytes) -> Offer:
    """The entries in an answer that came from `url`, after redirects, out of its content coding.

    Nothing is fetched. Raises `SourceError` where the answer is nothing of the source's kind.
    """
    if source.kind not in KINDS:
        raise SourceError(f"source {source.name}: no kind {source.kind!r}; there are {', '.join(KINDS)}")
    lower = {name.lower(): value for name, value in headers.items()}
    reader = cast("Reader", importlib.import_module(f"{__name__}.{source.kind}").read)
    offer = reader(source, url, lower, unpacked(body))
    if len(offer.entries) <= MOST_ENTRIES:
        return offer
    left_out = f"{len(offer.entries) - MOST_ENTRIES} entries left out: {MOST_ENTRIES} are taken from one answer"
    return offer._replace(entries=offer.entries[:MOST_ENTRIES], warnings=(left_out, *offer.warnings))


def unpacked(body: bytes) -> bytes:
    """The bytes without a gzip layer that no header told of; raises `SourceError` beyond the limit."""
    if body[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(body)) as stream:
                body = stream.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(f"a gzip file that cannot be unpacked: {error}") from None
    if len(body) > MOST_BYTES:
        raise SourceError(f"larger than {MOST_BYTES // 1_000_000} MB")
    return body


def absolute(link: str, base: str) -> str | None:
    """The link as a URL that may be asked, resolved against `base`; None where it is none.

    Only what is itself a file may point to files.
    """
    link = link.replace("\n", "").strip()
    try:
        parts = urlsplit(url := urljoin(base, link))
        usable = bool(parts.hostname) if parts.scheme in ("http", "https") else is_file(url) and is_file(base)
        odd = parts.port == 0 or any(c.isspace() or not c.isprintable() for c in parts.netloc)
    except ValueError:
        return None
    return url if link and usable and not odd and len(url) <= LONGEST_URL else None


def is_file(url: str) -> bool:
    return url.startswith("file:")
