"""JSON lines: an article each, as HTML or text, with what is known of it. Offsets are of the unpacked file."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct

from pipeline import captures
from pipeline.archives.places import ArchiveFile
from pipeline.archives.texts import Text, same
from pipeline.archives.told import LANGUAGE
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed
from pipeline.model import Capture, CaptureRef, Entry, Item
from pipeline.sources import absolute
from pipeline.sources.dates import instant
from pipeline.sources.markup import names, plain
from pipeline.web.coding import MOST_BYTES

UNREADABLE = "unreadable line"
TOO_LONG = f"longer than {MOST_BYTES // 1_000_000} MB"
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


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
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed(f"{UNREADABLE}: {number}: {error}") from None
    if found.html is None and found.text is None:
        raise Failed(f'{UNREADABLE}: {number}: neither "html" nor "text"')
    return found


class Place(NamedTuple):
    """A line of a file: its number from 1, and where it lies; `raw` is None where it is too long."""

    number: int
    offset: int
    length: int
    raw: bytes | None


def index(file: ArchiveFile) -> Iterator[Item]:
    """An item for each line that is not blank."""
    last = Place(0, 0, 0, b"")
    try:
        for last in split(Text(file).pieces()):
            if last.raw is None or last.raw.strip():
                yield item_of(file, last)
    except Failed as error:
        yield broken(file, Place(last.number + 1, last.offset + last.length, 0, None), error.reason)


def split(pieces: Iterable[bytes]) -> Iterator[Place]:
    """The lines of a text, of which at most one is in memory, and no more of it than is taken."""
    number, offset, length, parts = 1, 0, 0, list[bytes]()
    for piece in pieces:
        begin = 0
        while begin < len(piece):
            end = piece.find(b"\n", begin) + 1 or len(piece)
            length += end - begin
            parts = [*parts, piece[begin:end]] if length <= MOST_BYTES else []
            if piece[end - 1] == 10:
                yield Place(number, offset, length, b"".join(parts) if length <= MOST_BYTES else None)
                number, offset, length, parts = number + 1, offset + length, 0, []
            begin = end
    if length:
        yield Place(number, offset, length, b"".join(parts) if length <= MOST_BYTES else None)


def item_of(file: ArchiveFile, place: Place) -> Item:
    """What the index knows of a line: where it says no time of capture, its date of publication is one."""
    if place.raw is None:
        return broken(file, place, f"{UNREADABLE}: {place.number}: {TOO_LONG}")
    try:
        line = read_line(place.raw, place.number)
    except Failed as error:
        return broken(file, place, error.reason)
    told = utc(line.captured_at)
    dated = told or instant(written(line.published_at))
    at, url = dated or file.modified, absolute(line.url or "", "")
    return Item(
        ref=CaptureRef(file.url, place.offset, place.length),
        at=at,
        at_from="record" if told else "item" if dated else "file",
        path=file.path,
        url=url,
        record=captures.record_id(url or path_of(file, line, place.offset), at, place.raw),
        mime="text/plain" if line.html is None else "text/html",
        digest=captures.digest(place.raw),
    )


def broken(file: ArchiveFile, place: Place, reason: str) -> Item:
    """A line that costs itself alone; file and offset stand for it."""
    at = f"{file.path}:{place.offset}"
    return Item(
        ref=CaptureRef(file.url, place.offset, place.length),
        at=file.modified,
        at_from="file",
        path=file.path,
        record=captures.record_id(at, file.modified, b""),
        broken=reason,
    )


def read(file: ArchiveFile, items: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
    """A page or a text for each item."""
    text = Text(file)
    for item in items:
        try:
            yield page_of(file, item, same(text, item), source)
        except EntryError as error:
            yield error


def page_of(file: ArchiveFile, item: Item, raw: bytes, source: str) -> Page:
    line = read_line(raw, 0)
    is_text, language = line.html is None, LANGUAGE.fullmatch(written(line.language))
    body = (line.text or "") if line.html is None else line.html
    entry = Entry(
        source=source,
        url=item.url,
        guid=None if line.id is UNSET else str(line.id)[:2000],
        path=path_of(file, line, item.ref.offset),
        title=plain(line.title, "title", is_html=False),
        published_at=instant(written(line.published_at)),
        authors=names(line.authors if isinstance(line.authors, list) else [line.authors]),
        language=language[1].lower() if language else None,
    )
    capture = Capture(
        url=item.url or "",
        at=item.at,
        at_from=item.at_from,
        status=200,
        headers=(("Content-Type", TEXT if is_text else HTML),),
        body=body.encode("utf-8", "replace"),
        record=item.record,
        digest=item.digest,
    )
    return Page(capture, entry)


def path_of(file: ArchiveFile, line: Line, offset: int) -> str:
    """What names an article without URL: the file with the line's own id, else with its place."""
    is_named = isinstance(line.id, str | int) and not isinstance(line.id, bool)
    return f"{file.path}#{line.id}" if is_named else f"{file.path}:{offset}"


def written(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""


def utc(said: datetime | None) -> datetime | None:
    """The instant; a time without a zone is UTC."""
    if said is None:
        return None
    try:
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except OverflowError:  # year 1 or 9999, and a zone
        return None
