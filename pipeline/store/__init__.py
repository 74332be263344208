"""The bucket behind one small port: get, put, compare-and-swap, delete, list. Two adapters: a folder and S3."""

from collections.abc import Iterator
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec.json import Decoder

from pipeline.errors import NotFound

T = TypeVar("T")

BUILDING = Lock()
DECODERS: dict[type, Decoder[Any]] = {}


class Stored(NamedTuple):
    """An object as it was read: `etag` names exactly these bytes in later conditional writes."""

    body: bytes
    etag: str


class Listed(NamedTuple):
    """An object as a listing shows it; size in bytes. What the listing does not tell is empty."""

    key: str
    size: int
    etag: str = ""
    modified: datetime | None = None


class Store(Protocol):
    """Objects by key. Keys are `/`-separated; reads see every write that has returned; all bodies are whole.

    No key may be a folder of another (`a` beside `a/b`): folders, MinIO and SeaweedFS cannot hold both.

    Raises `NotFound` for a missing key, `StoreFull` when no room is left, `StoreError` for the rest, each with one
    line that names the store. Passing faults are tried again inside.
    """

    url: str
    """As the user named it: file:///path or s3://bucket/prefix."""

    def check(self) -> None:
        """Raises `StoreError` with the mend when the store cannot be reached, entered or written."""

    def get(self, key: str) -> Stored: ...

    def get_range(self, key: str, offset: int, length: int) -> bytes: ...

    def put(self, key: str, body: bytes) -> str:
        """Writes whatever was there; answers the etag."""

    def put_new(self, key: str, body: bytes) -> bool:
        """Writes only where no such key is; False where one was. A repeat of our own lost write answers True."""

    def replace(self, key: str, body: bytes, etag: str) -> bool:
        """Writes only over exactly the bytes of `etag`; False where they have changed or gone."""

    def delete(self, key: str) -> None:
        """Removes the key; no error where there is none."""

    def keys(self, prefix: str) -> Iterator[Listed]:
        """All keys that begin with `prefix` (any string, not only whole folders), in code point order."""

    def table(self, name: str) -> tuple[str, dict[str, str]]:
        """Location and storage options of a Delta table for the `deltalake` library."""


def read_json(store: Store, key: str, kind: type[T]) -> T | None:
    """The record at a key; None where nothing is."""
    try:
        return decoder(kind).decode(store.get(key).body)
    except NotFound:
        return None


def decoder(kind: type[T]) -> Decoder[T]:
    """What reads JSON as a type, built by one thread: two that decode a struct's first at once crash the process."""
    with BUILDING:
        if kind not in DECODERS:
            DECODERS[kind] = Decoder(kind)
    return DECODERS[kind]


def put_first(store: Store, key: str, value: T, kind: type[T]) -> T:
    """Writes a record unless there is one; answers what is there."""
    if store.put_new(key, msgspec.json.encode(value)):
        return value
    return read_json(store, key, kind) or value


def open_store(url: str, *, endpoint: str | None = None, key: str | None = None, secret: str | None = None) -> Store:
    """The store of a URL; credentials and endpoint fall to boto3's usual chain where not given."""
    if url.startswith("s3://"):
        from pipeline.store.s3 import S3Store

        return S3Store(url, endpoint=endpoint, key=key, secret=secret)
    from pipeline.store.folder import FolderStore

    return FolderStore(url)
