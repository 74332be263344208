"""`newsroom diff`: what changed between the versions of an article, each side with its capture as proof."""

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pipeline.cli import json_line, json_option, opened, store_option

if TYPE_CHECKING:
    from pipeline.changes import Changes
    from pipeline.changes.sentences import Span
    from pipeline.documents import Key
    from pipeline.model import CaptureRef, Document
    from pipeline.store import Store


class Side(NamedTuple):
    """A version: the capture that first said it, and where that lies in raw/, as far as the ledger knows."""

    key: "Key"
    document: "Document"
    place: "CaptureRef | None"

    @property
    def record(self) -> str | None:
        """Id of its WARC record; None where an article went back to what it had said, by another capture."""
        from pipeline.identity import capture_of

        raw = self.document.raw
        return raw.record if raw and capture_of(raw.record) == self.key.capture else None


class Change(NamedTuple):
    before: Side
    after: Side
    changes: "Changes"


@click.command()
@click.argument("article", metavar="URL|ID")
@store_option
@json_option
def diff(article: str, store: str | None, as_json: bool) -> None:
    """Every change of an article, oldest first: what, where, how much, of which kind, and the captures that prove it.

    ARTICLE is a URL that it was offered under, or its id. White space, furniture and counters are no change.
    """
    from pipeline.cli.changed import page
    from pipeline.cli.show import landed
    from pipeline.landing import history

    bucket = opened(store)
    document = landed(bucket, article)
    captures = history(bucket, document.id)
    found = changes(bucket, document.id, captures)
    if as_json:
        for change in found:
            json_line(record(change))
    else:
        page(document, captures, found, sys.stdout)


def changes(store: "Store", article: str, captures: "list[Key]") -> list[Change]:
    """The changes of an article, oldest first."""
    from pipeline.changes import compare
    from pipeline.cli.why import lines
    from pipeline.documents import document_at, document_of, stamp, turns

    pairs = turns(captures)
    places = {stamp(line.captured_at): line.capture for line in lines(store, article) if line.captured_at and pairs}
    sides = {
        key: Side(key, document_at(store, document_of(captures, key)), places.get(key.captured))
        for pair in pairs
        for key in pair
    }
    return [Change(sides[a], sides[b], compare(sides[a].document, sides[b].document)) for a, b in pairs]


def record(change: Change) -> dict[str, Any]:
    """A change as JSON; every stretch with its words."""
    before, after, found = change
    texts, titles = ([getattr(side.document, name) or "" for side in (before, after)] for name in ("text", "title"))
    return {
        "id": after.key.id,
        "url": after.document.url,
        "edition": after.key.edition,
        "before": version(before),
        "after": version(after),
        "kind": found.kind,
        "corrected": found.corrected,
        "where": found.where,
        "amount": found.amount,
        "counts": found.counts,
        "title": [both(one, titles) for one in found.title],
        "edits": [
            {"kind": edit.kind, **both((edit.before, edit.after), texts), "words": [both(w, texts) for w in edit.words]}
            for edit in found.edits
        ],
    }


def version(side: Side) -> dict[str, Any]:
    key, document = side.key, side.document
    said = {"version": key.version, "captured_at": key.at, "title": document.title, "authors": document.authors}
    return said | {"key": str(key), "record": side.record, "capture": side.place}


def both(spans: "tuple[Span | None, Span | None]", texts: list[str]) -> dict[str, Any]:
    told = (
        None if span is None else {"start": span.start, "end": span.end, "text": text[span.start : span.end]}
        for span, text in zip(spans, texts, strict=True)
    )
    return dict(zip(("before", "after"), told, strict=True))
