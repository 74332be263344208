"""Cleans and annotates what is handed in, without a store: pages and texts in, documents out, in their order."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipeline.clean import clean_text
from pipeline.clean.worker import Cleaner, Page
from pipeline.errors import EntryError, Rejected
from pipeline.model import Capture, Document, Entry
from pipeline.stages.desk import Desk
from pipeline.stages.enrich import annotated
from pipeline.steps import all_steps

AT_ONCE = 64
"""Inputs that are in memory at a time."""


class Given(Struct, frozen=True, kw_only=True):
    """One input: a page or a text, or what kept it from being either. `name` comes back as `input_id`."""

    name: Any = msgspec.UNSET
    url: str | None = None
    title: str | None = None
    captured_at: datetime | None = None
    page: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    error: EntryError | None = None


class Answer(Struct, frozen=True):
    """What became of an input: a document, or the error that says why there is none."""

    given: Given
    document: Document | None
    error: EntryError | None = None
    missing: dict[str, str] = {}


def annotate(desk: Desk, inputs: Iterable[Given]) -> Iterator[Answer]:
    """One answer for each input, in their order."""
    steps = all_steps()
    with Cleaner() as cleaner:
        rest = iter(inputs)
        while some := list(islice(rest, AT_ONCE)):
            for given, result in zip(some, cleaned(desk, cleaner, some), strict=True):
                if isinstance(result, EntryError):
                    yield Answer(given, None, result)
                    continue
                document, missing = annotated(result, steps, desk.parser)
                yield Answer(given, document, None, missing)


def cleaned(desk: Desk, cleaner: Cleaner, some: list[Given]) -> Iterator[Document | EntryError]:
    """Pages by the limited worker, texts at once."""
    pages = cleaner.each(page_of(desk, given) for given in some if given.page is not None)
    for given in some:
        if given.error:
            yield given.error
        elif given.page is not None:
            yield bare(given, next(pages))
        else:
            yield text_of(given)


def bare(given: Given, result: Document | EntryError) -> Document | EntryError:
    """The document of a page that came from no source; without a time of capture it carries none."""
    if isinstance(result, EntryError):
        return result
    return replace(result, source=None, captured_at=given.captured_at, raw=None)


def page_of(desk: Desk, given: Given) -> Page:
    """A capture that was never kept: it has no record."""
    capture = Capture(
        url=given.url or "",
        at=given.captured_at or desk.clock(),
        status=200,
        headers=given.headers,
        body=given.page or b"",
        record="",
        digest="",
    )
    return Page(capture, Entry(source="", url=given.url, title=given.title), from_feed=False)


def text_of(given: Given) -> Document | EntryError:
    try:
        return clean_text(given.text or "", title=given.title, url=given.url, captured_at=given.captured_at)
    except Rejected as error:
        return error


def line(answer: Answer) -> bytes:
    """A JSON line: the document, or the outcome with its reason, with the name of the input where it has one."""
    name = {} if answer.given.name is msgspec.UNSET else {"input_id": answer.given.name}
    if answer.error:
        verdict = "rejected" if isinstance(answer.error, Rejected) else "failed"
        return msgspec.json.encode({**name, "outcome": verdict, "reason": answer.error.reason}) + b"\n"
    said = msgspec.json.encode(answer.document)
    return (msgspec.json.encode(name)[:-1] + b"," + said[1:] if name else said) + b"\n"
