"""Captures as WARC: written, indexed as CDXJ, and read back.

Each response stands after its request and before the `metadata` record that holds what the source said of the entry.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1, sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from fastwarc import GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from pipeline.errors import Failed, StoreError
from pipeline.model import Capture, CaptureRef, Entry, Exchange, header
from pipeline.store import Store
from pipeline.web.coding import decoded

GZIP_LEVEL = 6
"""Level 9 costs half as much again and saves 1 % (measured on news pages)."""

SOFTWARE = b"software: Newsroom/0.1\r\nformat: WARC File Format 1.1\r\n"


class Kept(NamedTuple):
    """Where the last response for an entry lies, with the metadata record after it."""

    ref: CaptureRef
    record: str
    at: datetime
    status: int


@dataclass(frozen=True)
class Written:
    """The bytes of a WARC file and of its index, and for each item what was kept of it."""

    warc: bytes
    cdxj: bytes
    kept: list[Kept | None]


def record_id(url: str, at: datetime, payload: bytes, kind: str = "response") -> str:
    """`urn:uuid:…`, made from what the record holds: the same capture has the same id wherever it is written."""
    said = f"{kind} {url} {at.isoformat()} ".encode() + sha256(payload).digest()
    return f"urn:uuid:{UUID(bytes=sha256(said).digest()[:16], version=5)}"


def write(items: Iterable[tuple[Entry | None, tuple[Exchange, ...]]], *, key: str) -> Written:
    """A WARC file of these exchanges; the article bodies that feeds carry become `resource` records."""
    file, index, kept = io.BytesIO(), [], list[Kept | None]()
    put(file, WarcRecordType.warcinfo, "urn:uuid:00000000-0000-5000-8000-000000000000", SOFTWARE, info(key))
    for entry, exchanges in items:
        last: Kept | None = None
        for exchange in exchanges:
            last = put_exchange(file, exchange, key)
            index.append(cdx_line(exchange, last))
        if entry and entry.body and not exchanges:
            last = put_body(file, entry, key)
        if entry and last:
            put_entry(file, entry, last)
            last = last._replace(ref=CaptureRef(key, last.ref.offset, file.tell() - last.ref.offset))
        kept.append(last)
    return Written(file.getvalue(), "".join(sorted(index)).encode(), kept)


def info(key: str) -> dict[str, str]:
    return {
        "Content-Type": "application/warc-fields",
        "WARC-Filename": key.rpartition("/")[2],
        "WARC-Date": "1970-01-01T00:00:00Z",
    }


def put(file: io.BytesIO, kind: Any, record: str, block: bytes, headers: dict[str, str]) -> int:
    """One record as a gzip member of its own; answers where it begins."""
    offset = file.tell()
    made = WarcRecord()
    made.init_headers(kind, record.removeprefix("urn:").encode())
    for name, value in headers.items():
        made.headers[name] = value
    made.set_bytes_content(block)
    if kind in (WarcRecordType.request, WarcRecordType.response):
        made.is_http = True
        made.parse_http()
    writer = GzipWriter(file, compression_level=GZIP_LEVEL)
    made.write(writer, checksum_data=True)
    writer.finish()
    return offset


def put_exchange(file: io.BytesIO, exchange: Exchange, key: str) -> Kept:
    """A request and its response."""
    record = record_id(exchange.url, exchange.at, exchange.payload)
    path = urlsplit(exchange.url)._replace(scheme="", netloc="").geturl() or "/"
    common = {"WARC-Target-URI": exchange.url, "WARC-Date": warc_date(exchange.at)}
    put(
        file,
        WarcRecordType.request,
        record_id(exchange.url, exchange.at, exchange.payload, "request"),
        head(f"GET {path} HTTP/1.1", exchange.request_headers),
        {**common, "Content-Type": "application/http; msgtype=request", "WARC-Concurrent-To": f"<{record}>"},
    )
    cut = {"WARC-Truncated": exchange.truncated} if exchange.truncated else {}
    offset = put(
        file,
        WarcRecordType.response,
        record,
        head(f"HTTP/1.1 {exchange.status} {exchange.reason}".rstrip(), exchange.headers) + exchange.payload,
        {**common, "Content-Type": "application/http; msgtype=response", **cut},
    )
    return Kept(CaptureRef(key, offset, file.tell() - offset), record, exchange.at, exchange.status)


def head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The head of an HTTP message; line breaks inside a value would forge headers."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return "".join(re.sub(r"[\r\n]+", " ", line) + "\r\n" for line in lines).encode("latin-1", "replace") + b"\r\n"


def put_body(file: io.BytesIO, entry: Entry, key: str) -> Kept:
    """The article that a feed carries, as a resource: its time is what the feed says, as the fetch has none."""
    payload, at = (entry.body or "").encode(), entry.updated_at or entry.published_at or EPOCH
    url = entry.url or f"urn:newsroom:{entry.source}:{sha256(entry.key.encode()).hexdigest()[:16]}"
    record = record_id(url, at, payload, "resource")
    headers = {"WARC-Target-URI": url, "WARC-Date": warc_date(at), "Content-Type": "text/html; charset=utf-8"}
    offset = put(file, WarcRecordType.resource, record, payload, headers)
    return Kept(CaptureRef(key, offset, file.tell() - offset), record, at, 200)


def put_entry(file: io.BytesIO, entry: Entry, of: Kept) -> None:
    """What the source said of the entry, beside its capture: a replay has all that the first run had."""
    said = msgspec.json.encode(entry)
    headers = {
        "WARC-Date": warc_date(of.at),
        "Content-Type": "application/json",
        "WARC-Concurrent-To": f"<{of.record}>",
        **({"WARC-Target-URI": entry.url} if entry.url else {}),
    }
    put(file, WarcRecordType.metadata, record_id(of.record, of.at, said, "metadata"), said, headers)


def warc_date(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z"


EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def cdx_line(exchange: Exchange, kept: Kept) -> str:
    """A line of the index: SURT, time, and where the record is (CDXJ, as pywb reads it)."""
    mime = header(exchange.headers, "content-type") or ""
    said = {
        "url": exchange.url,
        "mime": mime.partition(";")[0].strip() or "unk",
        "status": str(exchange.status),
        "digest": digest(exchange.payload),
        "length": str(kept.ref.length),
        "offset": str(kept.ref.offset),
        "filename": kept.ref.key.rpartition("/")[2],
    }
    return f"{surt(exchange.url)} {exchange.at:%Y%m%d%H%M%S} {msgspec.json.encode(said).decode()}\n"


def digest(payload: bytes) -> str:
    return f"sha1:{sha1(payload).hexdigest()}"  # noqa: S324 - WARC's digest, no guard


def surt(url: str) -> str:
    """The URL with its host turned round, as indexes sort it: `com,example)/path`."""
    parts = urlsplit(url.lower())
    host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return re.sub(r"\s", "%20", f"{host}{port}){parts.path or '/'}{query}")


def read(store: Store, ref: CaptureRef) -> tuple[Capture, Entry | None]:
    """A capture and what the source said of it, by one ranged read."""
    found = list(scan(store.get_range(ref.key, ref.offset, ref.length), key=ref.key))
    if not found:
        raise StoreError(f"no capture at {ref.key}:{ref.offset} in {store.url}")
    _, capture, entry = found[0]
    return capture, entry


def scan(warc: bytes, *, key: str) -> Iterator[tuple[Kept, Capture, Entry | None]]:
    """Every capture of a WARC file (or of a piece of one), with the entry that stands after it."""
    last: tuple[int, Capture, Entry | None] | None = None
    for record in ArchiveIterator(io.BytesIO(warc), parse_http=True):
        if record.record_type == WarcRecordType.metadata and last:
            last = (*last[:2], msgspec.json.decode(record.reader.read(), type=Entry))
            continue
        if last:
            yield whole(key, *last, record.stream_pos)
        last = None
        if record.record_type in (WarcRecordType.response, WarcRecordType.resource):
            last = record.stream_pos, captured(record), None
    if last:
        yield whole(key, *last, len(warc))


def whole(key: str, offset: int, capture: Capture, entry: Entry | None, end: int) -> tuple[Kept, Capture, Entry | None]:
    kept = Kept(CaptureRef(key, offset, end - offset), capture.record, capture.at, capture.status)
    return kept, capture, entry


def captured(record: WarcRecord) -> Capture:
    """One response or resource; a body that does not unpack is left as it came."""
    is_http = record.is_http
    headers = tuple(record.http_headers.astuples()) if is_http else (("Content-Type", record.headers["Content-Type"]),)
    payload = record.reader.read()
    try:
        body = decoded(payload, header(headers, "content-encoding"))
    except Failed:
        body = payload
    return Capture(
        url=record.headers["WARC-Target-URI"],
        at=datetime.fromisoformat(record.headers["WARC-Date"]),
        status=int(record.http_headers.status_code or 0) if is_http else 200,
        headers=headers,
        body=body,
        record=(record.record_id or "").strip("<>"),
        digest=digest(payload),
    )
