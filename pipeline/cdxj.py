"""The index of a WARC file, as pywb and other players of archives read it (CDXJ)."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from pipeline.model import CaptureRef


def line(
    url: str, at: datetime, ref: CaptureRef, record: str, digest: str, status: int, content_type: str | None
) -> bytes:
    """SURT and time of a capture, then where it lies; `ref` is of the one record.

    `record`, its id, is what we alone read: it tells captures of one second apart.
    """
    said = {
        "url": url,
        "mime": (content_type or "").partition(";")[0].strip() or "unk",
        "status": str(status),
        "digest": digest,
        "length": str(ref.length),
        "offset": str(ref.offset),
        "filename": ref.key.rpartition("/")[2],
        "record": record,
    }
    return f"{surt(url)} {at:%Y%m%d%H%M%S} ".encode() + msgspec.json.encode(said) + b"\n"


class Place(Struct, frozen=True):
    """What we read of a line: the record, and where it begins."""

    record: str
    offset: int


PLACE = msgspec.json.Decoder(Place, strict=False)


def places(index: bytes) -> Iterator[tuple[str, Place, bytes]]:
    """Each line of an index: its second as keys write it, its record, and the line."""
    for found in index.splitlines():
        _, at, said = found.split(b" ", 2)
        when = at.decode()
        yield f"{when[:8]}T{when[8:]}Z", PLACE.decode(said), found


def surt(url: str) -> str:
    """The URL in the form that indexes sort by: host turned round, parameters in order: `com,example)/path?a=1`."""
    parts = urlsplit(url.lower())
    if not parts.hostname:
        return re.sub(r"\s", "%20", url.lower())
    host = re.sub(r"^www\d*\.", "", parts.hostname)
    if not re.fullmatch(r"[\d.]+|.*:.*", host):  # an address is not turned round
        host = ",".join(reversed(host.split(".")))
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    query = f"?{'&'.join(sorted(parts.query.split('&')))}" if parts.query else ""
    return re.sub(r"\s", "%20", f"{host}{port}){parts.path or '/'}{query}")
