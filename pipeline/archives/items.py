"""Articles in files of text: how their items are made, and read again."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from pipeline import captures
from pipeline.archives.places import ArchiveFile
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed
from pipeline.model import Capture, CaptureRef, Entry, Item, TimeFrom


def item(
    ref: CaptureRef, file: ArchiveFile, raw: bytes, name: str, url: str | None, mime: str, **times: datetime | None
) -> Item:
    """An article; its time is the first of `times` that is told, by who tells it, else that of the file."""
    told: dict[TimeFrom, datetime] = {who: at for who, at in times.items() if at}  # type: ignore[misc]
    at_from, at = next(iter(told.items()), ("file", file.modified))
    return Item(
        ref=ref,
        at=at,
        at_from=at_from,
        path=file.path,
        url=url,
        record=captures.record_id(url or name, at, raw),
        mime=mime,
        digest=captures.digest(raw),
    )


def broken(ref: CaptureRef, file: ArchiveFile, reason: str) -> Item:
    """What costs itself alone; file and offset stand for it."""
    record = captures.record_id(f"{file.path}:{ref.offset}", file.modified, b"")
    return Item(ref=ref, at=file.modified, at_from="file", path=file.path, record=record, broken=reason)


def unchanged(item: Item, raw: bytes, place: str) -> bytes:
    """The bytes as they were when they were indexed; raises `Failed` for others."""
    if captures.digest(raw) != item.digest:
        raise Failed(f"archive has changed: {place}")
    return raw


def page(item: Item, entry: Entry, body: bytes, kind: str, *, from_feed: bool = False) -> Page:
    """An article as if it had come from the web."""
    capture = Capture(
        url=item.url or "",
        at=item.at,
        at_from=item.at_from,
        status=200,
        headers=(("Content-Type", kind),),
        body=body,
        record=item.record,
        digest=item.digest,
    )
    return Page(capture, entry, from_feed)


def answers(items: Sequence[Item], read: Callable[[Item], Page]) -> Iterator[Page | EntryError]:
    """A page for each item, or why there is none."""
    for one in items:
        try:
            yield read(one)
        except EntryError as error:
            yield error
