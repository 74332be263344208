"""The store as a folder: objects are files, whole and durable once written, safe among processes of one machine."""

import errno
import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.errors import NotFound, StoreError, StoreFull, UsageError
from pipeline.store import Listed, Stored
from pipeline.store.rules import check_layout, checked

HIDDEN = ".store"
"""Folder below the root for the lock and for what is being written; no key begins with it."""

STALE_SECONDS = 24 * 3600
"""Age from which a half-written file is one of a killed process."""

FULL = {errno.ENOSPC, errno.EDQUOT}
ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class FolderStore:
    """A `Store` below one folder, which is made when first written to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root = folder(url)
        self.hidden = self.root / HIDDEN

    def check(self) -> None:
        check_layout(self)
        with self.named_errors():
            for left in self.hidden.glob("*.part"):
                with suppress(FileNotFoundError):
                    if time.time() - left.stat().st_mtime > STALE_SECONDS:
                        left.unlink()

    def get(self, key: str) -> Stored:
        with self.named_errors(key, absent=ABSENT):
            body = self.path(key).read_bytes()
        return Stored(body, etag(body))

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        with self.named_errors(key, absent=ABSENT), self.path(key).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def put(self, key: str, body: bytes) -> str:
        self.write(key, body)
        return etag(body)

    def put_new(self, key: str, body: bytes) -> bool:
        return self.write(key, body, only_over={None})

    def replace(self, key: str, body: bytes, etag: str) -> bool:
        return self.write(key, body, only_over={etag})

    def delete(self, key: str) -> None:
        path = self.path(key)
        with self.named_errors(key), suppress(*ABSENT), self.locked():
            path.unlink()
            for parent in path.parents:  # of a swept run no empty folders stay; only writers under the lock make them
                if parent == self.root or any(parent.iterdir()):
                    break
                parent.rmdir()

    def keys(self, prefix: str) -> Iterator[Listed]:
        above, slash, begin = prefix.rpartition("/")
        with self.named_errors(prefix):
            yield from walk(self.path(above) if slash else self.root, above + slash, begin)

    def table(self, name: str) -> tuple[str, dict[str, str]]:
        return str(self.path(f"tables/{name}")), {}

    def path(self, key: str) -> Path:
        if checked(key, self.url).split("/")[0] == HIDDEN:
            raise StoreError(f"{self.url}: {HIDDEN} is the store's own: {key!r}")
        return self.root / key

    def write(self, key: str, body: bytes, only_over: set[str | None] | None = None) -> bool:
        """Puts a whole file in place, if what is there has one of the etags `only_over` (None: nothing is there)."""
        path = self.path(key)
        with self.named_errors(key):
            self.hidden.mkdir(parents=True, exist_ok=True)
            part = self.hidden / f"{uuid.uuid4().hex}.part"
            try:
                written(part, body)
                with self.locked():
                    if only_over is not None and present(path) not in only_over:
                        return False
                    path.parent.mkdir(parents=True, exist_ok=True)
                    part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            synced(path.parent)
        return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds off all other writers, in threads and processes; the system lets go when a holder dies."""
        self.hidden.mkdir(parents=True, exist_ok=True)
        with (self.hidden / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def named_errors(self, key: str = "", absent: tuple[type[OSError], ...] = ()) -> Iterator[None]:
        """Turns what the system says into our errors; those of `absent` mean that there is no such key."""
        try:
            yield
        except absent:
            raise NotFound(f"{self.url}: no {key}") from None
        except OSError as error:
            if error.errno in FULL:
                raise StoreFull(f"{self.url}: no room is left for {key}: free some, or use another store") from None
            mend = "let this user read and write there, or set NEWSROOM_STORE to another folder"
            raise StoreError(f"{self.url}: {key or self.root}: {error.strerror}: {mend}") from None


def folder(url: str) -> Path:
    """The absolute path of `file:///path`, or of a plain path."""
    parts = urlsplit(url)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost") or not parts.path:
        raise UsageError(f"not a store: {url!r}: write file:///path or s3://bucket/prefix")
    return Path(unquote(parts.path) if parts.scheme else url).absolute()


def etag(body: bytes) -> str:
    """32 hex digits of SHA-256 of the bytes."""
    return hashlib.sha256(body).hexdigest()[:32]


def present(path: Path) -> str | None:
    """The etag of what is there, None where nothing is."""
    try:
        return etag(path.read_bytes())
    except FileNotFoundError:
        return None


def written(path: Path, body: bytes) -> None:
    """A new file that is on the disk before anything points to it."""
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def synced(path: Path) -> None:
    """Lets the new name in a folder survive a power cut; somebody may have emptied the folder since."""
    with suppress(FileNotFoundError):
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def walk(path: Path, above: str, begin: str = "") -> Iterator[Listed]:
    """The files below a folder whose key begins with `above` and `begin`, in code point order of their keys."""
    found: list[str] = []
    with suppress(*ABSENT), os.scandir(path) as entries:
        ours = (e for e in entries if e.name.startswith(begin) and f"{above}{e.name}" != HIDDEN)
        found = [f"{e.name}/" if e.is_dir(follow_symlinks=False) else e.name for e in ours]
    for name in sorted(found):  # with its slash, for "a-b" stands before "a/b"
        if name.endswith("/"):
            yield from walk(path / name, f"{above}{name}")
        else:
            with suppress(FileNotFoundError):
                yield Listed(f"{above}{name}", (path / name).stat().st_size)
