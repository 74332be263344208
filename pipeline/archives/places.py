"""Where an archive lies: a path, a folder, a prefix of a bucket, or a pattern such as `s3://crawl/{yyyy}/{mm}/*.warc.gz`."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from pipeline.errors import NotFound, SourceError
from pipeline.store import Listed, Store, open_store

PIECE = 1_000_000
"""Bytes of a file that are in memory at a time."""

DAY = {"{yyyy}": "%Y", "{mm}": "%m", "{dd}": "%d"}
"""What stands for a part of a day in a path."""

EPOCH = datetime.fromtimestamp(0, UTC)
"""The time of a file that has none."""

WILD = re.compile(r"\*\*/?|[*?]|\[[^\]/]+\]")


@dataclass(frozen=True)
class ArchiveFile:
    """A file of an archive; `path` is its path below the archive's root, `bucket` the store of an s3:// file."""

    url: str
    path: str
    size: int
    modified: datetime
    version: str
    bucket: Store | None = None

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file, fewer behind its end; raises `NotFound` where it is gone."""
        if self.bucket is not None:
            return self.bucket.get_range(key_of(self.url), offset, length) if length else b""
        with self._opened() as file:
            file.seek(offset)
            return file.read(length)

    def stream(self) -> Iterator[bytes]:
        """All bytes, in pieces."""
        offset = 0
        while offset < self.size and (piece := self.read(offset, min(PIECE, self.size - offset))):
            offset += len(piece)
            yield piece

    def beside(self, name: str) -> "ArchiveFile | None":
        """Another file of the same folder; None where there is none."""
        folder, _, _ = self.path.rpartition("/")
        base, _, _ = self.url.rpartition("/")
        return opened(f"{base}/{name}", f"{folder}/{name}".lstrip("/"), self.bucket)

    def _opened(self) -> IO[bytes]:
        try:
            # Neither a link nor a pipe, whatever came in the place of what was found.
            handle = os.open(local(self.url), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise NotFound(f"{self.url}: {error.strerror}") from None
        file = os.fdopen(handle, "rb")
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            file.close()
            raise NotFound(f"{self.url}: no regular file")
        return file


def local(url: str) -> Path:
    return Path(os.fsdecode(unquote_to_bytes(url.removeprefix("file://"))))


def written(below: Path) -> str:
    """A path as text, also where its bytes are none."""
    return os.fsencode(below).decode("utf-8", "backslashreplace")


def key_of(url: str) -> str:
    """The key of an s3:// URL in its bucket."""
    return url.removeprefix("s3://").partition("/")[2]


def opened(url: str, path: str, bucket: Store | None = None) -> ArchiveFile | None:
    """The file at a URL; None where there is none."""
    if bucket is not None:
        found = next((one for one in bucket.keys(key_of(url)) if one.key == key_of(url)), None)
        return found and of_object(found, path, bucket)
    try:
        about = local(url).lstat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(about.st_mode):
        return None
    try:
        modified = datetime.fromtimestamp(int(about.st_mtime), UTC)
    except (ValueError, OverflowError):  # of a year that there is not
        modified = EPOCH
    return ArchiveFile(url, path, about.st_size, modified, f"{about.st_size}-{about.st_mtime_ns}")


def of_object(found: Listed, path: str, bucket: Store) -> ArchiveFile:
    return ArchiveFile(f"{bucket.url}/{found.key}", path, found.size, found.modified or EPOCH, found.etag, bucket)


def bucket_of(url: str, store: Store) -> Store | None:
    """The bucket of an s3:// URL, with the endpoint and credentials of the store where that is one too."""
    if not url.startswith("s3://"):
        return None
    bucket = f"s3://{urlsplit(url).netloc}"
    if not store.url.startswith("s3://"):
        return open_store(bucket)
    endpoint, key, secret = (getattr(store, name) for name in ("endpoint", "access_key", "secret"))
    return open_store(bucket, endpoint=endpoint, key=key, secret=secret)


def is_dated(place: str) -> bool:
    """Whether the path says the day of its files."""
    return all(part in place for part in DAY)


def days_said(place: str, store: Store) -> list[date]:
    """The days that the paths of a dated place's files say, in order; digits that are no day are left out."""
    url = as_url(place)
    pattern = regex(url, is_folder=WILD.search(url) is None).pattern
    for part in map(re.escape, DAY):
        name = part[2:-2]
        pattern = pattern.replace(part, f"(?P<{name}>[0-9]{{{len(name)}}})", 1).replace(part, f"(?P={name})")
    found = (re.compile(pattern, re.DOTALL).fullmatch(shown(file, steady(url))) for file in files(place, store))
    said = {(int(match["yyyy"]), int(match["mm"]), int(match["dd"])) for match in found if match}
    return sorted(filter(None, map(day_of, said)))


def day_of(numbers: tuple[int, int, int]) -> date | None:
    try:
        return date(*numbers)
    except ValueError:
        return None


def files(place: str, store: Store, day: date | None = None) -> Iterator[ArchiveFile]:
    """The files of a place in the order of their paths: of one day, where the path is dated and a day is given.

    Hidden files, links that leave the archive and what is no regular file are left out. A path that exists is no
    pattern. Raises `SourceError` for a place that does not exist, unless it is a pattern.
    """
    url = as_url(place)
    if url.startswith("file://") and os.path.lexists(url.removeprefix("file://")):
        yield from in_folder(url, url, must_be=True)
        return
    root, is_folder = steady(url), WILD.search(url) is None
    for part, form in DAY.items():
        url = url.replace(part, day.strftime(form) if day else "[0-9]" * len(part[1:-1]))
    wild = WILD.search(url) is not None
    bucket = bucket_of(url, store)
    found = in_bucket(root, steady(url), bucket) if bucket else in_folder(root, steady(url), must_be=url == root)
    matches = regex(url, is_folder=is_folder).fullmatch if wild else None
    for file in found:
        if matches is None or matches(shown(file, root)):
            yield file


def shown(file: ArchiveFile, root: str) -> str:
    """Its URL as a pattern is written; the file's own has no links and no `..` in it."""
    return file.url if file.bucket else f"{root}/{file.path}"


def steady(url: str) -> str:
    """What comes before the first part that stands for others: all of it where none does."""
    wild = re.search("|".join([*map(re.escape, DAY), WILD.pattern]), url)
    return url[: wild.start()].rpartition("/")[0] if wild else url


def as_url(place: str) -> str:
    """A path of this machine as a URL; what is one stays."""
    if not place.strip():
        raise SourceError("an archive's path is empty")
    if place.startswith("s3://") and urlsplit(place).netloc:
        return place
    if place.startswith("file:///"):
        return f"file://{unquote(place.removeprefix('file://'))}"
    if "://" in place:
        raise SourceError(f"an archive is a path, file:///… or s3://bucket/…, not {place}")
    return f"file://{Path(place).absolute()}"


def in_folder(root: str, base: str, *, must_be: bool) -> Iterator[ArchiveFile]:
    named = Path(base.removeprefix("file://"))
    try:
        top = named.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        if must_be:
            raise SourceError(f"no archive is at {named}: {getattr(error, 'strerror', None) or error}") from None
        return
    if not top.is_dir():  # it was named: shown or not, and by the name that was given
        if file := opened(top.as_uri(), written(Path(named.name))):
            yield file
        return
    above = Path(root.removeprefix("file://")).resolve()
    for path in sorted(top.rglob("*")):
        real = end_of(path)
        below = path.relative_to(above)
        is_shown = real.is_relative_to(above) and not any(part.startswith(".") for part in below.parts)
        if is_shown and (file := opened(real.as_uri(), written(below))):
            yield file


def end_of(path: Path) -> Path:
    """Where a link leads in the end; a link in a circle is itself, and so no regular file."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError):
        return path


def in_bucket(root: str, base: str, bucket: Store) -> Iterator[ArchiveFile]:
    folder = f"{key_of(root).rstrip('/')}/".lstrip("/")
    for found in bucket.keys(key_of(base)):
        above = folder if found.key.startswith(folder) else folder.rstrip("/").rpartition("/")[0]
        below = found.key.removeprefix(above).lstrip("/")
        if not found.key.endswith("/") and not any(part.startswith(".") for part in below.split("/")):
            yield of_object(found, below, bucket)


def regex(pattern: str, *, is_folder: bool) -> re.Pattern[str]:
    """A glob as a regular expression: `*` stays inside a folder, `**` does not; of a folder, all that is in it.

    Raises `SourceError` for letters in brackets that are none, such as `[z-a]`.
    """

    def one(part: str) -> str:
        if part.startswith("**"):
            return ".*"
        letters = part.replace("\\", r"\\").replace("[!", "[^")
        return {"*": "[^/]*", "?": "[^/]"}.get(part) or letters

    pattern = pattern.rstrip("/") if is_folder else pattern
    literal, wild = WILD.split(pattern), WILD.findall(pattern)
    found = "".join(re.escape(a) + one(b) for a, b in zip(literal, [*wild, ""], strict=True))
    try:
        return re.compile(found + "(?:/.*)?" * is_folder, re.DOTALL)
    except re.error as error:
        raise SourceError(f"an archive's path is no pattern: {pattern}: {error}") from None
