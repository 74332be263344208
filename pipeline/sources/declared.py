"""The sources file: what it declares, and what is wrong in it, each fault named by file, source and key."""

import re
import tomllib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from pipeline.errors import SourceError
from pipeline.model import Source
from pipeline.polls import ARCHIVE, PASTED, seconds
from pipeline.sources import ARCHIVES, KINDS
from pipeline.veil import shown

TYPES = {field.encode_name: field.type for field in msgspec.structs.fields(Source)}
RESERVED = (PASTED, ARCHIVE)
"""What the ledger calls URLs that are pasted, and paths that are given by hand."""
EVERY_KIND = tuple(dict.fromkeys((*KINDS, *ARCHIVES)))
REQUIRED = tuple(field.name for field in msgspec.structs.fields(Source) if field.required)


SOURCE_KEYS = {
    "name": "unique; `a-z`, `0-9` and `-`",
    "url": "where it is: `https`, `http` or `file`; of an archive `file` or `s3`: a file, a prefix or a glob, "
    "where `{yyyy}`, `{mm}` and `{dd}` stand for the day",
    "kind": "`feed` (RSS, RDF, Atom, JSON Feed), `urls` (a list, one a line) or `files` (pages of a folder, or a "
    "glob); of an archive `warc`, `jsonl`, `newsml` or `files`",
    "outlet": "whose it is: the name of the newspaper or station",
    "country": "whose it is: ISO 3166-1, two letters",
    "language": "what it is written in: ISO 639-1",
    "every": "least time between polls, such as `90s`, `15m`, `2h` or `1d`; a quiet source is asked less often",
    "full_text": "whether the feed carries whole articles, so that pages need no fetch",
    "allow_hosts": "`host:port` list that the address guard lets through for this source alone",
    "auth": "name of a variable or Airflow connection that holds `user:password` or a token; never a secret itself",
    "per_host_delay": "seconds between requests to its host; robots.txt may ask for more",
    "limit": "most entries that a run takes up",
    "from": "first day of an archive, such as `2019-01-01`; what has it is an archive, and is not polled",
    "to": "last day of an archive",
}
"""What each key of a source is, for docs/configuration.md."""


class Declared(NamedTuple):
    """The sources that can be used, in the order of the file, and a line for each fault of the others."""

    sources: tuple[Source, ...]
    errors: tuple[str, ...]


class Rule(NamedTuple):
    """What the value of a key must be beyond its type."""

    holds: Callable[[Any], object]
    says: str


def _is_duration(every: str) -> bool:
    try:
        return seconds(every) <= 366 * 86_400
    except ValueError:
        return False


def _is_place(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = parts.hostname if parts.scheme in ("http", "https", "s3") else url.startswith("file:///")
        return bool(named) and parts.port != 0 and not re.search(r"[\s\x00-\x20]", url)
    except ValueError:
        return False


def _is_archive_place(url: str) -> bool:
    """The day may be left open, as `{yyyy}`, `{mm}` and `{dd}`, and nothing else."""
    return url.startswith(("file:///", "s3://")) and not re.search(r"[{}]", re.sub(r"{yyyy}|{mm}|{dd}", "", url))


def _is_day(day: object) -> bool:
    return bool(re.fullmatch(r"(19|20|21)\d\d-\d\d-\d\d", str(day)))


def _shape(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).fullmatch


DAY = Rule(_is_day, "must be a day of 1900 to 2199")
RULES = {
    "name": Rule(
        _shape(f"(?!({'|'.join(RESERVED)})$)[a-z0-9-]{{1,64}}"),
        f"must be [a-z0-9-], at most 64, and not {' or '.join(RESERVED)}",
    ),
    "url": Rule(_is_place, "must be a URL with https, http, s3 or file:///"),
    "kind": Rule(EVERY_KIND.__contains__, f"must be one of {', '.join(EVERY_KIND)}"),
    "country": Rule(_shape("[A-Z]{2}"), "must be two capitals of ISO 3166-1, such as KE"),
    "language": Rule(_shape("[a-z]{2}"), "must be two letters of ISO 639-1, such as en"),
    "every": Rule(_is_duration, 'must be a time such as "90s", "15m", "2h" or "1d"'),
    "allow_hosts": Rule(
        lambda hosts: all(re.fullmatch(r"[^\s/@:]+:\d{1,5}|\[[0-9a-f:]+\]:\d{1,5}", host) for host in hosts),
        "must be a list of host:port",
    ),
    "auth": Rule(_shape(r"[A-Za-z_][\w.-]{0,99}"), "must be the name of a variable or connection, never a secret"),
    "per_host_delay": Rule(lambda pause: 0 <= pause <= 3600, "must be 0 to 3600 seconds"),
    "limit": Rule(lambda limit: limit > 0, "must be a number above 0"),
    "from": DAY,
    "to": DAY,
}


def load(*paths: Path) -> Declared:
    """What the files declare together; a source with a fault is left out, the others are kept.

    Raises `SourceError` for a file that is missing or is no TOML.
    """
    sources: dict[str, Source] = {}
    errors: list[str] = []
    for path in paths:
        tables = _tables(path)
        errors += (f"{path}: unknown key {key}: sources are tables [[source]]" for key in tables if key != "source")
        listed = tables.get("source", [])
        if not isinstance(listed, list) or not all(isinstance(table, dict) for table in listed):
            errors.append(f"{path}: source: must be tables [[source]]")
            continue
        for number, table in enumerate(listed, 1):
            name = table.get("name")
            where = f"{path}: source {name if isinstance(name, str) else number}"
            wrong = [*faults(table), *(["name: is declared twice"] if name in sources else [])]
            errors += (f"{where}: {line}" for line in wrong)
            if not wrong:
                sources[str(name)] = msgspec.convert(table, Source)
    return Declared(tuple(sources.values()), tuple(errors))


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"sources file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"sources file {path} is no TOML: {error}") from None


def faults(table: dict[str, Any]) -> Iterator[str]:
    """A line for each key that is missing, unknown, or has a value that it cannot have."""
    yield from (f"{key}: is missing" for key in REQUIRED if key not in table)
    for key, value in table.items():
        if key not in TYPES:
            near = get_close_matches(key, TYPES, n=1)
            yield f"{key}: unknown key" + (f"; {near[0]}?" if near else "")
            continue
        try:
            converted = msgspec.convert(value, TYPES[key])
        except msgspec.ValidationError as error:
            yield f"{key}: {error}"
            continue
        rule = RULES.get(key)
        if rule and not rule.holds(converted):
            yield f"{key}: {rule.says}" + ("" if key == "auth" else f", not {shown(str(value))!r}")
    yield from _archive_faults(table)


def _archive_faults(table: dict[str, Any]) -> Iterator[str]:
    """What is wrong between kind, url and days: an archive has both days, nothing else has any."""
    kind, url, days = table.get("kind"), table.get("url"), {"from", "to"} & table.keys()
    if kind not in ARCHIVES:
        yield from (f"{key}: only an archive has it: kind {', '.join(ARCHIVES)}" for key in sorted(days))
    elif days or kind not in KINDS:
        yield from (
            f"{key}: is missing: an archive has a first and a last day" for key in ("from", "to") if key not in days
        )
        if isinstance(url, str) and not _is_archive_place(url):
            yield f"url: must be a file:/// or s3:// URL, for the day {{yyyy}}, {{mm}} and {{dd}}, not {shown(url)!r}"
        if table.get("name") == "path":
            yield "name: must not be path: the DAG archive_path takes paths by a form"
        first, last = (str(table.get(key)) for key in ("from", "to"))
        if _is_day(first) and _is_day(last) and first > last:
            yield f"to: must not be before from, not {last!r}"
