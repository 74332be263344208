"""The embeddings of a batch, kept under work/ by the task that has the encoder: writing the tables needs none.

An object holds records of 16 bytes that say what was read, and of the vector's 512 numbers of 16 bits.
"""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from pipeline.embedding import ENCODER, MODEL, rounded, windows
from pipeline.errors import NotFound
from pipeline.model import Document
from pipeline.store import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

Vectors = dict[bytes, "NDArray[Any]"]

NAMED, VECTOR = 16, 1024
"""Bytes of a record's two parts."""


def key(run: str, batch: str) -> str:
    return f"work/{run}/{batch}.vectors"


def keep(store: Store, run: str, batch: str, records: Iterable[bytes]) -> None:
    """Writes the records of a batch; nothing where there are none."""
    body = b"".join(dict.fromkeys(records))
    if body:
        store.put_new(key(run, batch), body)


def record(document: Document) -> bytes:
    """The record of a document that this process has just made the topics of; empty where it has no vector."""
    vector = vector_of(document, {})
    return b"" if vector is None else of(document) + vector.tobytes()


def kept(store: Store, run: str, batch: str) -> Vectors:
    """What `keep` wrote, by `of`."""
    import numpy as np

    try:
        body = store.get(key(run, batch)).body
    except NotFound:
        return {}
    size = NAMED + VECTOR
    starts = range(0, len(body) - size + 1, size)
    return {body[at : at + NAMED]: np.frombuffer(body, "<i2", VECTOR // 2, at + NAMED) for at in starts}


def vector_of(document: Document, kept: Vectors) -> "NDArray[Any] | None":
    """The vector of a document; None where the encoder does not know the language, as the layer that asked it says."""
    topics = document.annotations.get("topics")
    if topics is None or topics.value is UNSET or not (topics.model or "").startswith(ENCODER):
        return None
    found = kept.get(of(document))
    return rounded(document.title or "", document.text) if found is None else found


def of(document: Document) -> bytes:
    """What was read and by which encoder: other documents of the same opening have the same vector."""
    read = "\0".join((MODEL, *windows(document.title or "", document.text)))
    return hashlib.sha256(read.encode("utf-8", "surrogatepass")).digest()[:NAMED]
