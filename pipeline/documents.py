"""The keys of documents, their bytes, and the rule that says what an article's folder should hold."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec

from pipeline.errors import StoreError
from pipeline.identity import capture_of
from pipeline.model import Document
from pipeline.store import Store, decoder

GONE = "gone"
"""The version of a capture that was answered 404 or 410."""

KEY = re.compile(r"documents/../([0-9a-f]{20})/(\d{8}T\d{6}Z)-([0-9a-f]{8})-([cf]\d+)-([0-9a-f]{16}|gone)\.(json|seen)")


class Key(NamedTuple):
    """A key of an article's folder, taken apart; sorts by capture: the last one says what the article says now."""

    captured: str  # 20261122T101500Z
    capture: str
    edition: str
    version: str
    kind: Literal["json", "seen"]
    id: str

    def __str__(self) -> str:
        name = f"{self.captured}-{self.capture}-{self.edition}-{self.version}.{self.kind}"
        return f"{folder(self.id)}{name}"

    @property
    def moment(self) -> tuple[str, str]:
        """Its capture, in the order of captures."""
        return self.captured, self.capture

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.captured, "%Y%m%dT%H%M%S%z")

    @property
    def number(self) -> int:
        """The number of the cleaning rules that made it, in pages and feeds alike."""
        return int(self.edition[1:])

    @property
    def is_feed(self) -> bool:
        return self.edition[0] == "f"

    @property
    def said(self) -> tuple[str, str]:
        """What is compared: versions of one edition."""
        return self.edition, self.version

    def of_kind(self, kind: Literal["json", "seen"]) -> "Key":
        return self._replace(kind=kind)


def folder(article: str) -> str:
    """The prefix of all keys of an article."""
    return f"documents/{article[:2]}/{article}/"


def parse(key: str) -> Key | None:
    """The parts of a key; None for what is no key of a document."""
    match = KEY.fullmatch(key)
    if match is None:
        return None
    article, captured, capture, edition, version, kind = match.groups()
    return Key(captured, capture, edition, version, "json" if kind == "json" else "seen", article)


def stamp(at: datetime) -> str:
    """A moment as keys write it, in UTC and whole seconds."""
    if at.tzinfo is None:
        raise ValueError(f"{at} is of no time zone")
    utc = at.astimezone(UTC)
    return f"{utc.year:04}{utc:%m%dT%H%M%SZ}"


def key_of(document: Document) -> Key:
    """The key that the document lands under; `ValueError` for one without capture, which never lands."""
    if document.captured_at is None or document.raw is None:
        raise ValueError(f"document {document.id} has no capture: it cannot land")
    captured, capture = stamp(document.captured_at), capture_of(document.raw.record)
    return Key(captured, capture, document.extraction.edition, document.version, "json", document.id)


def gone_key(article: str, captured_at: datetime, record: str, edition: str) -> Key:
    """The key that says that a capture of the article was answered 404 or 410."""
    return Key(stamp(captured_at), capture_of(record), edition, GONE, "seen", article)


def gone_since(captures: Iterable[Key]) -> datetime | None:
    """When the page of an article was first found gone; None where its last capture says something."""
    first: Key | None = None
    for key in sorted(captures):
        first = (first or key) if key.version == GONE else None
    return first.at if first else None


def encode(document: Document) -> bytes:
    """The document as JSON; equal documents give equal bytes."""
    return msgspec.json.encode(document, order="deterministic")


def decode(body: bytes) -> Document:
    """The document of JSON bytes; `msgspec.DecodeError` where it is none."""
    try:
        return decoder(Document).decode(body)
    except RecursionError:
        raise msgspec.DecodeError("JSON that is nested too deep") from None
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from None


def document_at(store: Store, key: Key) -> Document:
    """The document that lies at a key; raises `NotFound` where nothing does, `StoreError` where that is none."""
    try:
        return decode(store.get(str(key)).body)
    except msgspec.DecodeError as error:
        raise StoreError(f"{store.url}: {key} is no document: {error}") from None


def better(one: bytes, other: bytes) -> bytes:
    """Of two objects under one key the one that stays: newer steps, then more layers, then the smaller bytes."""
    return min(one, other, key=lambda body: (*(-n for n in _rank(body)), body))


def _rank(body: bytes) -> tuple[int, int]:
    """How often the versions of its steps were raised, and its layers: an order that has no circles."""
    try:
        layers = decode(body).annotations.values()
    except msgspec.DecodeError:
        return -1, 0
    return sum(layer.version - 1 for layer in layers), len(layers)


def settled(keys: Iterable[Key]) -> frozenset[Key]:
    """What the folder should hold: a pure function of its captures, in whatever order and state they came.

    The first capture of each version is the document, later ones are `.seen`. Of a feed's bodies nothing stays once
    a page is there; of one capture the newest edition stays; `gone` stays, as an earlier capture may come later.
    """
    found = set(keys)
    if any(not key.is_feed and key.version != GONE for key in found):
        found = {key for key in found if not key.is_feed}
    first: dict[tuple[str, str], Key] = {}
    newest: dict[tuple[str, str], int] = {}
    for key in sorted(found):
        if key.kind == "json":
            first.setdefault(key.said, key)
        newest[key.moment] = max(newest.get(key.moment, 0), key.number)

    def place(key: Key) -> Key | None:
        if key.number < newest[key.moment]:
            return None
        if key.version == GONE:
            return key
        document = first.get(key.said)
        return key.of_kind("json" if document and document.moment == key.moment else "seen")

    return frozenset(placed for placed in map(place, found) if placed)


def turns(captures: Iterable[Key]) -> list[tuple[Key, Key]]:
    """Where an article began to say something else, within one edition: the first captures of both versions."""
    found = list[tuple[Key, Key]]()
    last: dict[str, Key] = {}
    every = sorted(captures)
    documents = {key.said for key in every if key.kind == "json"}
    for key in every:
        if key.said not in documents:  # gone, or a `.seen` that is about to be withdrawn
            continue
        before = last.setdefault(key.edition, key)
        if before.version != key.version:
            found.append((before, key))
            last[key.edition] = key
    return found


def document_of(captures: Iterable[Key], capture: Key) -> Key:
    """The key of the document that says what a capture said."""
    return min(key for key in captures if key.said == capture.said and key.kind == "json")


def is_known(keys: Iterable[Key], key: Key) -> bool:
    """Whether a document of this key would say nothing new: an earlier capture said it, or a page is there."""
    document = key.of_kind("json")
    return document not in settled({*keys, document})
