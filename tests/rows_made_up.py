"""Annotated documents and outcomes of an invented newsroom, and what the tables hold of them."""

from typing import Any

from pipeline import tables
from pipeline.embedding import MODEL
from pipeline.model import Annotation, Document, Outcome
from pipeline.store import Store
from tests.documents_made_up import document

TEXT = "“We stop,” said Ada Holm in Oslo."
LAYERS = {
    "language": Annotation(version=1, value={"code": "en", "score": 0.99}),
    "entities": Annotation(
        version=1,
        value=[
            {"id": "e1", "name": "Ada Holm", "type": "person", "wikidata": None, "geonames": None, "score": 0.9,
             "mentions": [{"start": 16, "end": 24, "text": "Ada Holm"}]},
            {"id": "e2", "name": "Oslo", "type": "place", "wikidata": "Q585", "geonames": 3143244, "score": 0.8,
             "mentions": [{"start": 28, "end": 32, "text": "Oslo"}]},
        ],
    ),
    "places": Annotation(
        version=1,
        value=[{"entity": "e2", "name": "Oslo", "country": "NO", "lat": 59.91, "lon": 10.75, "wikidata": "Q585",
                "geonames": 3143244}],
    ),
    "quotes": Annotation(
        version=1,
        value=[
            {"start": 1, "end": 9, "text": "We stop,", "kind": "direct",
             "speaker": {"entity": "e1", "start": 16, "end": 24, "text": "Ada Holm"},
             "cue": {"start": 11, "end": 15, "text": "said"}},
            {"start": 1, "end": 3, "text": "We", "kind": "partial", "speaker": None, "cue": None},
        ],
    ),
    "topics": Annotation(version=1, model=MODEL, value=[{"id": "medtop:20000593", "name": "strike", "score": 0.81}]),
    "keyphrases": Annotation(version=1, unsupported="xx"),
}  # fmt: skip


def annotated(minute: int = 0, text: str = TEXT, **more: Any) -> Document:
    return document(minute, text, layers=LAYERS, **more)


def outcome(run: str, number: int, **more: Any) -> Outcome:
    said = {"batch": "001", "source": "tern", "url": f"https://tern.example/{number}", "title": None, "guid": None}
    kept = {"queued_as": str(number), "digest": "0", "outcome": "landed", "stage": "land", "reason": None}
    return Outcome(**({"run": run} | said | kept | more))


def found(store: Store, name: str) -> list[dict[str, Any]]:
    return sorted(tables.read(store, name).to_pylist(), key=repr)


def ids(store: Store, name: str = "documents") -> list[tuple[str, str]]:
    return sorted((row["id"], row["version"]) for row in found(store, name))
