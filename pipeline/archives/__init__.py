"""What an archive holds: WARC, folders of pages, JSON lines, agency items. Each format is one file.

An archive is referred to, never copied: its index names file, offset and length of each thing that it holds.
"""

import importlib
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol, cast

from pipeline.archives.places import ArchiveFile, bucket_of, opened
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed, NotFound, StoreError
from pipeline.model import Item
from pipeline.store import Store

FORMATS = {
    "warc": re.compile(r"\.w?arc(?:\.(?:gz|zst|lz4|bz2|xz))?(?:\.[a-z]+)?$", re.IGNORECASE),
    "lines": re.compile(r"\.(?:jsonl|ndjson)(?:\.(?:gz|zst))?$", re.IGNORECASE),
    "wire": re.compile(r"\.(?:xml|json)(?:\.(?:gz|zst))?$", re.IGNORECASE),
    "pages": re.compile(r"\.(?:html?|xhtml|txt)$", re.IGNORECASE),
}
"""Name of the file that reads a format, to what its files are called."""

KINDS = {"warc": ("warc",), "jsonl": ("lines",), "newsml": ("wire",), "files": ("pages",)}
"""Kind of a declared archive to its formats."""

SIDECARS = ("urls.csv", "urls.tsv", "urls.jsonl")
GONE = "archive is gone"


class Format(Protocol):
    """A file of this folder."""

    def index(self, file: ArchiveFile) -> Iterator[Item]:
        """Everything that may be a page, in the file's order; what is broken is an item too."""

    def read(self, file: ArchiveFile, items: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
        """An answer for each item, in the file's order."""


def format_of(path: str) -> str | None:
    """The format of a file by its name; None for what is none of ours."""
    if path.rpartition("/")[2] in SIDECARS:
        return None
    return next((name for name, called in FORMATS.items() if called.search(path)), None)


def reader(file: ArchiveFile) -> Format:
    from pipeline.archives.beginnings import told_by

    return cast("Format", importlib.import_module(f"{__name__}.{format_of(file.path) or told_by(file) or 'warc'}"))


def read(store: Store, items: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
    """An answer for each item, in the order given: best that of files and offsets, as neighbours are read at once.

    `source` is the name that their entries carry.
    """
    for (url, path), some in groupby(items, lambda item: ((item.payload or item.ref).key, item.path)):
        wanted = list(some)
        try:
            file = opened(url, path, bucket_of(url, store))
        except StoreError as error:
            raise StoreError(f"archive {url}: {error}") from error
        if file is None:
            yield from (Failed(f"{GONE}: {url}") for _ in wanted)
            continue
        done = 0
        try:
            for answer in reader(file).read(file, wanted, source):
                yield answer
                done += 1
        except NotFound:
            yield from (Failed(f"{GONE}: {url}") for _ in wanted[done:])
