"""What stands beside the pages of a folder: a table of their URLs and times, or a JSON file for each."""

import csv
import io
import json
import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.archives import SIDECARS
from pipeline.archives.places import ArchiveFile, local, opened, written
from pipeline.archives.texts import address
from pipeline.clean.decoding import decode
from pipeline.errors import SourceError
from pipeline.sources.dates import instant
from pipeline.sources.jsonfeed import nothing, text
from pipeline.store import Store

MOST_BYTES = 50_000_000
"""Bytes of a table: about half a million pages; a tree of more has one in each of its folders."""

MOST_BESIDE = 1_000_000
"""Bytes of the JSON file of one page: some hold the text again."""

COLUMNS = {
    "path": ("path", "file", "filename", "file_name"),
    "url": ("url", "uri", "link"),
    "at": ("captured_at", "time", "timestamp", "date_download", "fetched_at", "crawled_at", "date"),
}
"""What the columns of a table are called, the best name first; case is of no matter."""

COMPACT = re.compile(r"(\d{8})(\d\d)(\d\d)(\d\d)")


class Said(NamedTuple):
    """What is said of a page: its web address, and when it was taken."""

    url: str | None = None
    at: datetime | None = None


def said_of(file: ArchiveFile) -> Said:
    """By the table of its folder or of one above, up to the archive's root; else by `NAME.json` beside `NAME.html`.

    Raises `SourceError` for a table that cannot be one.
    """
    if not is_in_place(file):
        return alone(file)
    folders, url = file.path.split("/")[:-1], file.url
    for depth in range(len(folders), -1, -1):
        url = url.rpartition("/")[0]
        below = "/".join(file.path.split("/")[depth:])
        if found := table(url, "/".join(folders[:depth]), file.bucket).get(below):  # type: ignore[arg-type] # stores are told apart by themselves
            return found
    return alone(file)


def is_in_place(file: ArchiveFile) -> bool:
    """False for a link: what stands above its page is not what stands above itself."""
    return (file.url if file.bucket else written(local(file.url))).endswith(f"/{file.path}")


def alone(file: ArchiveFile) -> Said:
    """What the page's own JSON file says."""
    found = file.beside(f"{file.url.rpartition('/')[2].rpartition('.')[0]}.json")
    return said(row_of(decode(found.read(0, MOST_BESIDE))))[1] if found else Said()


@lru_cache(maxsize=8)
def table(folder_url: str, folder: str, bucket: Store | None) -> dict[str, Said]:
    """What the table in a folder says, by path below it; empty where there is none."""
    for name in SIDECARS:
        file = opened(f"{folder_url}/{name}", f"{folder}/{name}".lstrip("/"), bucket)
        if file is not None:
            if file.size > MOST_BYTES:
                raise SourceError(f"{file.url}: larger than {MOST_BYTES // 1_000_000} MB")
            rows = dict(map(said, parsed(name, decode(file.read(0, MOST_BYTES)))))
            rows.pop("", None)
            if not rows:
                raise SourceError(f"{file.url}: it names no page in a column {' or '.join(COLUMNS['path'])}")
            return rows
    return {}


def parsed(name: str, content: str) -> Iterator[dict[str, Any]]:
    """The rows; one that cannot be read costs itself."""
    if name.endswith(".jsonl"):
        yield from map(row_of, content.split("\n"))
        return
    rows = csv.DictReader(io.StringIO(content, newline=""), delimiter="\t" if name.endswith(".tsv") else ",")
    while True:
        with suppress(csv.Error):
            if (row := next(rows, None)) is None:
                return
            yield row


def row_of(line: str) -> dict[str, Any]:
    """An object of JSON; one that says nothing where it is none."""
    try:
        found = json.loads(line, parse_constant=nothing)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def said(row: dict[str, Any]) -> tuple[str, Said]:
    """The path of a row below the table's folder, and what it says; only a web address is a URL."""
    lower = {str(name).strip().lower(): text(row, name).strip() for name in row}
    path, url, at = (next((lower[name] for name in names if lower.get(name)), "") for names in COLUMNS.values())
    return posixpath.normpath(path.replace("\\", "/")).lstrip("/") if path else "", Said(address(url), moment(at))


def moment(written: str) -> datetime | None:
    """Also as archives write it, 20261122101500, and in seconds with a fraction."""
    if compact := COMPACT.fullmatch(written):
        written = "{}T{}:{}:{}".format(*compact.groups())
    return instant(re.sub(r"(?<=^\d{10})\.\d+$", "", written))
