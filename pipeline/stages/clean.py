"""Cleans the captures of a batch; what an article's folder says already needs no further stage."""

from collections.abc import Iterator

from msgspec.structs import replace

from pipeline import captures
from pipeline.clean.worker import Cleaner, Page
from pipeline.errors import EntryError, Rejected
from pipeline.landing import known
from pipeline.languages import surely_another
from pipeline.model import CaptureRef, Document, Taken
from pipeline.stages.desk import Desk, ended


def clean(desk: Desk, taken: list[Taken]) -> list[Taken]:
    """The entries with their documents; pages that are no article have their outcome."""
    waiting = [(number, one.capture) for number, one in enumerate(taken) if one.outcome is None and one.capture]
    made = list(taken)
    began = desk.clock()
    with Cleaner() as cleaner:
        for (number, _), result in zip(waiting, cleaner.each(pages(desk, taken, waiting)), strict=True):
            ms = round((desk.clock() - began).total_seconds() * 1000)
            made[number] = conclude(desk, replace(taken[number], ms={**taken[number].ms, "clean": ms}), result)
            began = desk.clock()
    return made


def pages(desk: Desk, taken: list[Taken], waiting: list[tuple[int, CaptureRef]]) -> Iterator[Page]:
    """The captures, read one by one as the cleaner takes them."""
    for number, ref in waiting:
        one = taken[number]
        capture, _ = captures.read(desk.store, ref)
        from_feed = desk.source(one.entry.source).full_text and one.entry.body is not None
        yield Page(capture, one.entry, from_feed)


def conclude(desk: Desk, taken: Taken, result: Document | EntryError) -> Taken:
    """The entry with its document, or with the outcome of its error."""
    taken = judged(desk, taken, result)
    return replace(taken, known=known(desk.store, taken.document)) if taken.document else taken


def judged(desk: Desk, taken: Taken, result: Document | EntryError) -> Taken:
    """As `conclude`, without a look at the folder of the article."""
    if not isinstance(result, EntryError):
        wrong = surely_another(desk.source(taken.entry.source).language, result.text)
        result = Rejected(f"wrong language: {wrong}") if wrong else result
    if isinstance(result, EntryError):
        return ended(taken, result, "clean", desk.clock())
    return replace(taken, document=replace(result, source=taken.entry.source))
