"""Folders of HTML or text. An item is a whole file; its URL and time stand beside it, or in it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from pipeline import seeds
from pipeline.archives import items
from pipeline.archives.places import ArchiveFile
from pipeline.archives.sidecars import said_of
from pipeline.clean.decoding import decode
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Rejected
from pipeline.model import CaptureRef, Entry, Item
from pipeline.sources.dates import instant
from pipeline.web.coding import MOST_BYTES

HEAD = 200_000
"""Bytes of a page in which its date is looked for: 141 of 150 pages of A_fundus say it there, at .8 ms each."""

META = re.compile(r"<meta\b([^<>]{1,1000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([\w:.-]{1,60})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
STATED = {
    "modified_at": re.compile(r'"dateModified"\s*:\s*"([^"]{4,40})"'),
    "published_at": re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"'),
}


def index(file: ArchiveFile) -> Iterator[Item]:
    """The file as an item. Raises `SourceError` where the table beside it cannot be read."""
    said = said_of(file)
    body = file.read(0, MOST_BYTES) if file.size <= MOST_BYTES else b""
    own = None if said.at or is_text(file) else dated(body)
    mime = "text/plain" if is_text(file) else "text/html"
    ref = CaptureRef(file.url, 0, file.size)
    yield items.item(ref, file, body, file.path, said.url, mime, sidecar=said.at, item=own)


def read(file: ArchiveFile, found: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
    """The page for each item, which is one unless it was asked for twice."""
    return items.answers(found, partial(page_of, file, source))


def page_of(file: ArchiveFile, source: str, item: Item) -> Page:
    if file.size > MOST_BYTES:
        raise Rejected(f"too large: more than {MOST_BYTES // 1_000_000} MB: {file.path}")
    body = items.unchanged(item, file.read(0, MOST_BYTES), file.url)
    return items.page(item, Entry(source=source, url=item.url, path=file.path), body, item.mime)


def is_text(file: ArchiveFile) -> bool:
    return file.path.lower().endswith(".txt")


def dated(body: bytes) -> datetime | None:
    """When a page says that it was last changed, or published: by a look at its metadata, without parsing it."""
    head = decode(body[:HEAD], "text/html")
    metas = dict[str, str]()
    for meta in META.finditer(head):
        said = {name.lower(): a or b or c for name, a, b, c in ATTRIBUTE.findall(meta[1])}
        name = said.get("property") or said.get("name") or f"itemprop:{said.get('itemprop')}"
        metas.setdefault(name.lower(), said.get("content", ""))
    return max(filter(None, (stated(head, metas, field) for field in STATED)), default=None)


def stated(head: str, metas: dict[str, str], field: str) -> datetime | None:
    """The first date that can be told: structured data, then the meta tags in the order of trust."""
    found = STATED[field].search(head)
    names = next((names for row, *names in seeds.rows("metadata.tsv") if row == field), [])
    said = [found[1] if found else "", *(metas.get(name, "") for name in names)]
    return next((at for one in said if (at := instant(one))), None)
