"""JSON lines: an article each, as HTML or text, with what is known of it. Offsets are of the unpacked file."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from pipeline.archives import items
from pipeline.archives.places import ArchiveFile
from pipeline.archives.texts import Text, address, same
from pipeline.archives.told import LANGUAGE
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed
from pipeline.model import CaptureRef, Entry, Item
from pipeline.sources.dates import YEARS, instant
from pipeline.sources.markup import LONGEST, names, plain
from pipeline.web.coding import MOST_BYTES

UNREADABLE = "unreadable line"
TOO_LONG = f"longer than {MOST_BYTES // 1_000_000} MB"


class Line(Struct, frozen=True):
    """An input line; unknown keys are left alone."""

    id: Any = UNSET
    url: str | None = None
    html: str | None = None
    text: str | None = None
    title: str | None = None
    captured_at: datetime | None = None
    published_at: Any = None
    authors: Any = None
    language: Any = None


def read_line(raw: bytes, number: int) -> Line:
    """The line; raises `Failed` where it cannot be read, or holds neither page nor text."""
    try:
        found = msgspec.json.decode(raw.removeprefix(BOM_UTF8), type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Failed(f"{UNREADABLE}: {number}: {error}") from None
    if found.html is None and found.text is None:
        raise Failed(f'{UNREADABLE}: {number}: neither "html" nor "text"')
    return found


def index(file: ArchiveFile) -> Iterator[Item]:
    """An item for each line that is not blank."""
    behind = 0
    try:
        for number, (offset, length, raw) in enumerate(split(Text(file).pieces()), 1):
            ref, behind = CaptureRef(file.url, offset, length), offset + length
            if raw is None:
                yield items.broken(ref, file, f"{UNREADABLE}: {number}: {TOO_LONG}")
            elif raw.removeprefix(BOM_UTF8).strip():
                yield item_of(file, ref, raw, number)
    except Failed as error:
        yield items.broken(CaptureRef(file.url, behind, 0), file, error.reason)


def split(pieces: Iterable[bytes]) -> Iterator[tuple[int, int, bytes | None]]:
    """Offset, length and bytes of each line, None where it is too long: one is in memory, and no more than is taken."""
    offset, length, parts = 0, 0, list[bytes]()
    for part in chain(chain.from_iterable(map(BytesIO, pieces)), [b""]):
        length += len(part)
        parts = [*parts, part] if length <= MOST_BYTES else []
        if part.endswith(b"\n") or (length and not part):
            yield offset, length, b"".join(parts) if length <= MOST_BYTES else None
            offset, length, parts = offset + length, 0, []


def item_of(file: ArchiveFile, ref: CaptureRef, raw: bytes, number: int) -> Item:
    """What the index knows of a line: where it says no time of capture, its date of publication is one."""
    try:
        line = read_line(raw, number)
    except Failed as error:
        return items.broken(ref, file, error.reason)
    url, mime = address(line.url or ""), "text/plain" if line.html is None else "text/html"
    times = {"record": utc(line.captured_at), "item": published(line)}
    return items.item(ref, file, raw, path_of(file, line, ref.offset), url, mime, **times)


def read(file: ArchiveFile, found: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
    """A page or a text for each item."""
    text = Text(file)
    return items.answers(found, lambda item: page_of(file, item, same(text, item), source))


def page_of(file: ArchiveFile, item: Item, raw: bytes, source: str) -> Page:
    line = read_line(raw, 0)
    language = LANGUAGE.fullmatch(written(line.language))
    entry = Entry(
        source=source,
        url=item.url,
        guid=written(line.id)[: LONGEST["guid"]] or None,
        path=path_of(file, line, item.ref.offset),
        title=plain(line.title, "title", is_html=False),
        published_at=published(line),
        authors=names(line.authors if isinstance(line.authors, list) else [line.authors]),
        language=language[1].lower() if language else None,
    )
    body = (line.text or "") if line.html is None else line.html
    return items.page(item, entry, body.encode("utf-8", "replace"), f"{item.mime}; charset=utf-8")


def path_of(file: ArchiveFile, line: Line, offset: int) -> str:
    """What names an article without URL: the file with the line's own id, else with its place."""
    name = written(line.id)
    return f"{file.path}#{name}" if name else f"{file.path}:{offset}"


def written(value: Any) -> str:
    """A string or a whole number as text; what is of another type is as if it were absent."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def published(line: Line) -> datetime | None:
    """When the line says that it was published; seconds with a fraction are what tables with gaps make of them."""
    said = line.published_at
    return instant(f"{said:.0f}" if isinstance(said, float) else written(said))


def utc(said: datetime | None) -> datetime | None:
    """The instant; a time without a zone is UTC."""
    if said is None:
        return None
    if said.year not in YEARS:  # a default of some software
        return None
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
