"""The columns of the tables, and the rows that a document or an outcome gives; plain data, without a table library."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET

from pipeline.changes import compare
from pipeline.documents import Key, document_of, turns
from pipeline.embedding import MODEL, UNIT
from pipeline.ledger import day
from pipeline.model import Document, Outcome
from pipeline.vectors import Vectors, vector_of

Row = dict[str, Any]

ARTICLE = {"date": "date", "id": "text", "version": "text", "edition": "text"}
"""The first columns of every table of articles: day of capture (UTC) and which version of which article."""

DOCUMENTS = {
    "key": "text", "current": "flag", "url": "text", "source": "text", "captured_at": "time", "published_at": "time",
    "modified_at": "time", "title": "text", "authors": "texts", "site_name": "text", "section": "text", "tags": "texts",
    "image": "text", "language": "text", "access": "text", "form": "text",
    "text": "text", "gone_at": "time", "layers": "words",
}  # fmt: skip
ENTITIES = {
    "entity": "text", "name": "text", "type": "text", "wikidata": "text", "geonames": "number", "score": "real",
    "mentions": "mentions",
}  # fmt: skip
PLACES = {
    "entity": "text", "name": "text", "country": "text", "region": "text", "lat": "real", "lon": "real",
    "wikidata": "text", "geonames": "number",
}  # fmt: skip
QUOTES = {
    "start": "number", "end": "number", "text": "text", "kind": "text", "speaker": "text", "speaker_name": "text",
    "speaker_text": "text", "cue": "text",
}  # fmt: skip
TOPICS = {"topic": "text", "name": "text", "score": "real"}
EMBEDDINGS = {"model": "text", "vector": "vector"}
CHANGES = {
    "from_version": "text", "from_captured_at": "time", "captured_at": "time", "kind": "text", "corrected": "texts",
    "where": "texts", "amount": "real", "added": "number", "removed": "number", "reworded": "number", "moved": "number",
    "title_before": "text", "title_after": "text",
}  # fmt: skip
OUTCOMES = {
    "date": "date", "run": "text", "batch": "text", "source": "text", "url": "text", "title": "text", "guid": "text",
    "outcome": "text", "stage": "text", "reason": "text", "again_at": "time", "captured_at": "time", "id": "text",
    "version": "text", "key": "text", "missing": "texts", "ms": "numbers",
}  # fmt: skip


def document_rows(document: Document) -> Iterator[Row]:
    layers = [(name, layer.made_by) for name, layer in sorted(document.annotations.items())]
    yield {name: getattr(document, name, None) for name in DOCUMENTS} | {"layers": layers}


def entity_rows(document: Document) -> Iterator[Row]:
    for entity in layer(document, "entities"):
        yield {**entity, "entity": entity["id"], "id": document.id}


def place_rows(document: Document) -> Iterator[Row]:
    yield from layer(document, "places")


def quote_rows(document: Document) -> Iterator[Row]:
    names = {entity["id"]: entity["name"] for entity in layer(document, "entities")}
    for quote in layer(document, "quotes"):
        speaker, cue = quote.get("speaker") or {}, quote.get("cue") or {}
        who = speaker.get("entity")
        said = {"speaker": who, "speaker_name": names.get(who), "speaker_text": speaker.get("text")}
        yield {**quote, **said, "cue": cue.get("text")}


def topic_rows(document: Document) -> Iterator[Row]:
    for topic in layer(document, "topics"):
        yield {**topic, "topic": topic["id"], "id": document.id}


class Folder(NamedTuple):
    """What an article's folder holds."""

    id: str
    captures: frozenset[Key]
    documents: dict[Key, Document]
    now: Key | None  # the document that holds what the article says now, or said last
    gone_at: datetime | None
    vectors: Vectors = {}  # noqa: RUF012 - as far as they are kept; never written to

    @property
    def days(self) -> frozenset[str]:
        return frozenset(date_of(key.captured) for key in self.captures)


def embedding_rows(folder: Folder) -> Iterator[Row]:
    """One row for each document whose language the encoder knows."""
    for key, document in folder.documents.items():
        vector = vector_of(document, folder.vectors)
        if vector is not None:
            yield head(key) | {"model": MODEL, "vector": vector / UNIT}


def change_rows(folder: Folder) -> Iterator[Row]:
    """One row for each time that the article began to say something else, under the day of the new capture."""
    for one, other in turns(folder.captures):
        before, after = (folder.documents[document_of(folder.captures, key)] for key in (one, other))
        found = compare(before, after)
        yield {
            **head(other),
            **found.counts,
            "from_version": one.version,
            "from_captured_at": one.at,
            "captured_at": other.at,
            "kind": found.kind,
            "corrected": found.corrected,
            "where": found.where,
            "amount": found.amount,
            "title_before": before.title,
            "title_after": after.title,
        }


def each(make: Callable[[Document], Iterator[Row]]) -> Callable[[Folder], Iterator[Row]]:
    """The rows of every document of a folder; it is current where it is what the article says now, or said last."""

    def rows(folder: Folder) -> Iterator[Row]:
        for key, document in folder.documents.items():
            now = key == folder.now
            state = {"key": str(key), "current": now, "gone_at": folder.gone_at if now else None}
            for row in make(document):
                yield row | state | head(key)

    return rows


def head(key: Key) -> Row:
    """The columns of `ARTICLE`."""
    return {"date": date_of(key.captured), "id": key.id, "version": key.version, "edition": key.edition}


ARTICLE_TABLES: dict[str, tuple[dict[str, str], Callable[[Folder], Iterator[Row]]]] = {
    "documents": (DOCUMENTS, each(document_rows)),
    "entities": (ENTITIES, each(entity_rows)),
    "places": (PLACES, each(place_rows)),
    "quotes": (QUOTES, each(quote_rows)),
    "topics": (TOPICS, each(topic_rows)),
    "embeddings": (EMBEDDINGS, embedding_rows),
    "changes": (CHANGES, change_rows),
}
"""Table name to its own columns and to the rows of an article's folder."""

COLUMNS = {name: ARTICLE | own for name, (own, _) in ARTICLE_TABLES.items()} | {"outcomes": OUTCOMES}
"""Table name to column name to kind of column."""


def outcome_row(outcome: Outcome) -> Row:
    """The row of a ledger line, under the day that its run began."""
    row = {name: getattr(outcome, name, None) for name in OUTCOMES}
    return row | {"date": day(outcome.run), "missing": sorted(outcome.missing), "ms": sorted(outcome.ms.items())}


def date_of(captured: str) -> str:
    """2026-11-22 of 20261122T101500Z."""
    return f"{captured[:4]}-{captured[4:6]}-{captured[6:8]}"


def layer(document: Document, name: str) -> list[Row]:
    """The value of a layer; empty where it is missing or does not know the language."""
    found = document.annotations.get(name)
    return [] if found is None or found.value is UNSET else found.value
