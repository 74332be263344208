"""Agencies' items in XML and JSON: NewsML-G2, NewsML 1, NITF and ninjs, one or thousands in a file.

An item's offset is where its element or object begins in the file's text, its length runs to its end: `read` takes
these bytes alone, and what stands around them (a DOCTYPE, a catalogue, the envelope) is never believed.
"""

import json
import re
from collections.abc import Iterator, Sequence

from pipeline.archives import items, newsml, ninjs, nitf
from pipeline.archives.pieces import BLANK, Span, spans
from pipeline.archives.places import ArchiveFile
from pipeline.archives.texts import Text, same
from pipeline.archives.told import Told
from pipeline.archives.trees import tree
from pipeline.clean.decoding import decode
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed, Rejected
from pipeline.model import CaptureRef, Item
from pipeline.sources.jsonfeed import nothing
from pipeline.web.coding import MOST_BYTES

TOO_LARGE = f"too large: more than {MOST_BYTES // 1_000_000} MB"
ENCODING = re.compile(rb"""<\?xml[^>]{0,100}\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
ROOTS = {"nitf": nitf.told, "NewsItem": newsml.told1}
XML, JSON = "application/xml", "unk"
"""What an item is called: JSON by nothing, as else it would be taken for what holds no text."""


def index(file: ArchiveFile) -> Iterator[Item]:
    """Every item, news text or not; a file of another kind is one, which `read` rejects."""
    text, last = Text(file), Span(0, 0)
    try:
        for last in spans(text.pieces()):
            yield item_of(file, text, last)
    except Failed as error:
        yield items.broken(CaptureRef(file.url, last.start + last.length, 0), file, error.reason)


def item_of(file: ArchiveFile, text: Text, span: Span) -> Item:
    ref, wrong = CaptureRef(file.url, *span[:2]), TOO_LARGE if span.length > MOST_BYTES else span.wrong
    if wrong:
        return items.broken(ref, file, wrong)
    raw = text.read(span.start, span.length)
    try:
        told = read_item(raw, encoding_of(text))
    except EntryError:
        told = Told()
    mime = XML if raw.startswith(b"<") else JSON
    return items.item(ref, file, raw, told.guid or path_of(file, span.start), told.url, mime, item=told.at)


def read(file: ArchiveFile, found: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
    """A page with the item's own body for each; `Rejected` for what is no news text."""
    text = Text(file)

    def page(item: Item) -> Page:
        raw = same(text, item)
        entry = read_item(raw, encoding_of(text)).entry(source, path_of(file, item.ref.offset))
        return items.page(item, entry, raw, item.mime, from_feed=True)

    return items.answers(found, page)


def read_item(raw: bytes, encoding: str) -> Told:
    """What an item says; raises `Rejected` where it is none."""
    if not raw.strip():
        raise Rejected("empty")
    if raw.lstrip(BLANK).startswith(b"{"):
        try:
            found = json.loads(decode(raw), strict=False, parse_constant=nothing)
        except (ValueError, RecursionError) as error:
            raise Failed(f"broken JSON: {error}"[:200]) from None
        return ninjs.told(found)
    root = tree(raw, encoding)
    if told := ROOTS.get(root.tag) or (newsml.told if root.tag.endswith("Item") else None):
        return told(root)
    raise Rejected(f"no news item: <{root.tag[:80]}>")


def encoding_of(text: Text) -> str:
    """What the file declares; UTF-16 is UTF-8 by now."""
    found = ENCODING.search(text.first[:300]) if text.is_plain else None
    return found[1].decode() if found else "utf-8"


def path_of(file: ArchiveFile, offset: int) -> str:
    """What names an item that names itself by nothing."""
    return f"{file.path}:{offset}" if offset else file.path
