"""Pages in a folder of this machine: `file:///folder`, one file, or a glob such as `file:///folder/**/*.html`."""

import hashlib
import mimetypes
import os
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path
from urllib.parse import unquote

from pipeline.errors import EntryError, Failed, Refused, Rejected, SourceError
from pipeline.model import Entry, Exchange, Source
from pipeline.sources import MOST_ENTRIES, Offer
from pipeline.web.coding import MOST_BYTES

PAGES = (".html", ".htm", ".xhtml", ".txt")
"""What is taken from a folder; a glob takes what it names."""


def read(source: Source, url: str, headers: Mapping[str, str], body: bytes) -> Offer:
    """An entry for each file, in the order of their paths; its `guid` changes with the content of the file.

    Headers and body are of no matter: the folder is looked at. Raises `SourceError` where it is missing or empty.
    """
    root, pattern = place(source.url)
    entries, warnings = [], []
    for path in islice(found(root, pattern), MOST_ENTRIES + 1):
        page = path.as_uri()
        try:
            digest = hashlib.sha256(read_file(page, root)).hexdigest()[:16]
        except EntryError as error:
            warnings.append(error.reason)
            digest = "unreadable"
        guid = f"{path.relative_to(root).as_posix()} {digest}"
        entries.append(Entry(source=source.name, url=page, guid=guid, language=source.language))
    if not entries:
        raise SourceError(f"no page is at {source.url}")
    return Offer(tuple(entries), tuple(warnings))


def place(url: str) -> tuple[Path, str | None]:
    """The folder that a source may read from, and the glob below it; a single file is a glob of its name."""
    if not url.startswith("file:///"):
        raise SourceError(f"files are read from a file:/// URL, not from {url}")
    path = Path(unquote(url.removeprefix("file://")))
    steady = Path(*takewhile(lambda part: not re.search(r"[*?\[]", part), path.parts))
    if steady != path and not path.exists():
        return steady.resolve(), str(path.relative_to(steady))
    if path.is_dir():
        return path.resolve(), None
    return path.parent.resolve(), path.name


def found(root: Path, pattern: str | None) -> Iterator[Path]:
    """Regular files below the root, none of them hidden."""
    everything = root.glob(pattern) if pattern else (p for p in root.rglob("*") if p.suffix.lower() in PAGES)
    for path in sorted(everything):
        inside = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield path


def read_file(url: str, root: Path) -> bytes:
    """The bytes of a page; raises `Refused` for what is not inside the root, links followed, or is no regular file."""
    try:
        path = Path(unquote(url.removeprefix("file://"))).resolve(strict=True)
        if not url.startswith("file:///") or not path.is_relative_to(root.resolve()):
            raise Refused(f"outside the folder of its source: {url}")
        # What was checked is what is opened: the last step may not become a link or a pipe meanwhile.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Refused(f"no regular file: {url}")
            body = file.read(MOST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        raise Failed(f"unreadable file: {getattr(error, 'strerror', None) or error}: {url}") from None
    if len(body) > MOST_BYTES:
        raise Rejected(f"too large: more than {MOST_BYTES // 1_000_000} MB: {url}")
    return body


def file_exchange(source: Source, url: str, at: datetime) -> tuple[tuple[Exchange, ...], EntryError | None]:
    """A page of this machine as if a server had answered with it; only from the folder of its own source."""
    try:
        if not source.url.startswith("file:///"):
            raise Refused(f"source {source.name} may not read files: {url}")
        body = read_file(url, place(source.url)[0])
    except EntryError as error:
        return (), error
    headers = (("Content-Type", mimetypes.guess_type(url)[0] or "text/html"), ("Content-Length", str(len(body))))
    return (Exchange(url=url, at=at, request_headers=(), status=200, reason="OK", headers=headers, payload=body),), None
