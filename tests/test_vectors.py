"""Vectors that a batch kept are those of the tables, and writing the tables needs no encoder then."""

from datetime import UTC, datetime

import numpy as np

from pipeline import batches, ledger, tables, vectors
from pipeline.config import read
from pipeline.embedding import MODEL, UNIT, embedding
from pipeline.landing import land
from pipeline.ledger import Run
from pipeline.model import Annotation, Document, Entry, Taken
from pipeline.stages.batch import work
from pipeline.stages.desk import open_desk
from pipeline.store.folder import FolderStore
from tests.documents_made_up import document

RUN = "20261122T101500Z-ab12"
LANGUAGE = Annotation(version=1, value={"code": "en", "score": 0.99})


def with_topics(text: str = "Crews voted to strike.") -> Document:
    return document(text=text, layers={"language": LANGUAGE, "topics": Annotation(version=1, model=MODEL, value=[])})


def test_vectors_kept_are_what_the_encoder_says(folder_store: FolderStore) -> None:
    one = with_topics()
    vectors.keep(folder_store, RUN, "000", [vectors.record(one), vectors.record(one), b""])
    ((name, vector),) = vectors.kept(folder_store, RUN, "000").items()
    whole = embedding(one.title or "", one.text)
    assert whole is not None
    assert (name, vector.tolist()) == (vectors.of(one), [round(float(number) * UNIT) for number in whole])


def test_vectors_kept_go_into_the_table(folder_store: FolderStore) -> None:
    """A vector that no encoder would make shows which was taken."""
    one = with_topics()
    land(folder_store, one)
    kept = np.full(512, 1234, "<i2")
    tables.publish_articles(folder_store, [one.id], {vectors.of(one): kept})
    (row,) = tables.read(folder_store, "embeddings").to_pylist()
    assert row["vector"] == [np.float32(0.1234)] * 512


def test_vectors_are_of_what_was_read() -> None:
    assert len({vectors.of(with_topics(text)) for text in ("One.", "Two.", "One.", "O" * 9999, "O" * 9998)}) == 3


def test_vectors_of_a_language_that_the_encoder_does_not_know_are_none(folder_store: FolderStore) -> None:
    unknown = document(layers={"topics": Annotation(version=1, model=MODEL, unsupported="xx")})
    assert [vectors.record(unknown), vectors.record(document())] == [b"", b""]
    vectors.keep(folder_store, RUN, "000", [b"", b""])
    assert list(folder_store.keys("work/")) == []
    assert vectors.kept(folder_store, RUN, "000") == {}


def test_vectors_are_kept_by_the_task_that_makes_the_topics(folder_store: FolderStore) -> None:
    desk = open_desk(read({}), folder_store, [], datetime(2026, 11, 22, 10, 15, tzinfo=UTC))
    ledger.open_run(folder_store, Run(run=RUN, trigger="cli", started_at=desk.clock()))
    one = document(layers={"language": LANGUAGE})
    taken = [Taken(entry=Entry(source="tern", url=one.url), queued_as="1", document=one)]
    batches.write_taken(folder_store, batches.work_key(RUN, "000", "names_and_quotes"), taken)
    (made,) = work(desk, RUN, "000", "topics")
    assert made.document
    assert set(vectors.kept(folder_store, RUN, "000")) == {vectors.of(made.document)}
