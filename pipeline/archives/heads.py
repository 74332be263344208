"""How a record of WARC or ARC begins: what it is, where and when it was taken, how long it is."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pipeline.archives.members import LONGEST_LINE
from pipeline.archives.streams import Stream
from pipeline.errors import Failed
from pipeline.identity import EDGES
from pipeline.sources.dates import YEARS
from pipeline.veil import without_login

MOST_HEAD = 65_536
LONGEST_URL = 8_000

HEAD_END = (b"\n\r\n", b"\n\n")
LINE_END = (b"\n",)

ARC = re.compile(
    r"(?P<url>\S+?:.*?) [\da-fA-F.:]+ (?P<at>\d{8,20}) (?P<mime>.+?)(?: (?:\d{3}|-) \S+ \S+ \d+ \S+)? (?P<length>\S+)"
)
"""A line of ARC, version 1 or 2: a URL may hold spaces, so its fields are told from the right."""

DATE = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?)?)?)?\s*"
    r"(?:Z|([+-])(\d\d):?(\d\d))?"
)
"""W3C's dates of any precision, and the fourteen digits of ARC."""

RECORD_ID = re.compile(r"[!-;=?-~]{1,200}")
MIME = re.compile(r"\s*([\w.+-]{1,60}/[\w.+-]{1,120})\s*(?:;|$)", re.ASCII)
NOT_IN_URLS = re.compile("[\x00-\x20\x7f-\x9f\udc80-\udcff]")


class Head(NamedTuple):
    """What stands before the block of a record; `fields` are those of WARC, their names in small letters."""

    kind: str
    url: str
    at: datetime | None
    record: str
    length: int
    mime: str
    fields: dict[str, str]


def broken(about: object) -> Failed:
    return Failed(f"broken record: {about}")


def read_head(stream: Stream) -> Head:
    """The head of the record that begins here, and past it; raises `Failed` where none does, or it cannot be read."""
    if not stream.is_record():
        stream.skip(1)
        raise broken("none begins here")
    is_warc = stream.ahead(5) == b"WARC/"
    said = stream.until(HEAD_END, MOST_HEAD) if is_warc else stream.until(LINE_END, LONGEST_LINE)
    if said is None:
        stream.skip(LONGEST_LINE)
        raise broken("its head has no end")
    text = said.decode("utf-8", "surrogateescape")
    return warc_head(text) if is_warc else arc_head(text)


def warc_head(text: str) -> Head:
    fields = {name.lower(): value for name, value in reversed(headers_of(text))}  # of several the first
    return Head(
        kind=fields.get("warc-type", "").lower(),
        url=url_of(fields.get("warc-target-uri", "")),
        at=moment(fields.get("warc-date", "")),
        record=id_of(fields.get("warc-record-id", "")),
        length=length_of(fields.get("content-length", "")),
        mime=mime_of(fields.get("content-type", "")),
        fields=fields,
    )


def headers_of(text: str) -> list[tuple[str, str]]:
    """What stands below the first line of a head; a line that begins with a space goes on with the one before."""
    pairs = (line.partition(":") for line in re.sub(r"\r?\n[ \t]+", " ", text).split("\n")[1:])
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


def arc_head(text: str) -> Head:
    said = ARC.fullmatch(text.strip())
    if not said:
        raise broken("its line cannot be read")
    url, at = url_of(said["url"]), moment(said["at"][:14])
    kind = "warcinfo" if url.startswith("filedesc:") else "response"
    return Head(kind, url, at, "", length_of(said["length"]), mime_of(said["mime"]), {})


def length_of(said: str) -> int:
    """Bytes of a block; -1 where it is not told."""
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said) else -1


def id_of(said: str) -> str:
    """A record's id without its brackets; none where it is none."""
    found = said.strip("<> ")
    return found if RECORD_ID.fullmatch(found) else ""


def mime_of(said: str) -> str:
    found = MIME.match(said)
    return found[1].lower() if found else "unk"


def url_of(said: str) -> str:
    """The URL without its brackets; what cannot stand in one, raw bytes among it, as browsers would escape it."""
    found = NOT_IN_URLS.sub(
        lambda odd: "".join(f"%{byte:02X}" for byte in odd[0].encode("utf-8", "surrogateescape")),
        without_login(said.strip(EDGES)),
    )
    return found if len(found) <= LONGEST_URL else ""


def moment(said: str) -> datetime | None:
    """A time in UTC; what a date leaves out is its beginning. None where it is none, or no paper's."""
    found = DATE.fullmatch(said.strip())
    if not found:
        return None
    year, month, day, hour, minute, second = (
        int(part) if part else least for part, least in zip(found.groups(), (1, 1, 1, 0, 0, 0), strict=False)
    )
    try:
        at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        if found[7]:
            at = at.replace(microsecond=int(found[7][:6].ljust(6, "0")))
        if found[8]:
            at -= timedelta(hours=int(found[9]), minutes=int(found[10])) * (1 if found[8] == "+" else -1)
    except (ValueError, OverflowError):
        return None
    return at if at.year in YEARS else None
