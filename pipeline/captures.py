"""Captures as WARC: written, indexed as CDXJ, and read back.

Each response stands after its request, and before the `metadata` record that holds what the source said of the entry.
"""

import io
import re
from base64 import b32encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha1, sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from fastwarc import GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from msgspec.structs import replace

from pipeline import cdxj
from pipeline.errors import Failed, StoreError
from pipeline.model import Capture, CaptureRef, Entry, Exchange, header
from pipeline.store import Store
from pipeline.web.coding import decoded

GZIP_LEVEL = 6
"""Level 9 takes three times as long for 1 % less (news pages)."""

SOFTWARE = b"software: Newsroom/0.1\r\nformat: WARC File Format 1.1\r\n"

FROM_FEED: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)
"""Headers of an article body that a feed carries."""

UNFRAMED = {"transfer-encoding": "X-Archive-Orig-Transfer-Encoding"}
"""The payload is kept out of its chunks, so readers must not be told of them; the name is other archives' too."""


class Kept(NamedTuple):
    """Where the last response for an entry lies, with the `metadata` record after it."""

    ref: CaptureRef
    record: str
    at: datetime


class Written(NamedTuple):
    """The bytes of a WARC file and of its index, and for each item what was kept of it."""

    warc: bytes
    cdxj: bytes
    kept: list[Kept | None]


def record_id(url: str, at: datetime, payload: bytes, kind: str = "response") -> str:
    """`urn:uuid:…`, made from what the record holds: the same capture has the same id wherever it is written."""
    said = f"{kind} {url} {at.isoformat()} ".encode("utf-8", "surrogatepass") + sha256(payload).digest()
    return f"urn:uuid:{UUID(bytes=sha256(said).digest()[:16], version=5)}"


def write(items: Iterable[tuple[Entry | None, tuple[Exchange, ...]]], *, key: str, now: datetime) -> Written:
    """A WARC file of these exchanges; for an entry without any, the article body that its feed carries.

    `key` is where the file will lie in the bucket, `now` the time of what has none of its own. The same arguments
    give the same bytes.
    """
    file = WarcFile(key)
    file.put(WarcRecordType.warcinfo, "application/warc-fields", key, now, SOFTWARE, {"WARC-Filename": file.name})
    kept = [keep(file, entry, exchanges, now) for entry, exchanges in items]
    return Written(file.bytes.getvalue(), b"".join(sorted(file.index)), kept)


def keep(file: "WarcFile", entry: Entry | None, exchanges: tuple[Exchange, ...], now: datetime) -> Kept | None:
    """The records of one item; where there are any, the last capture's place."""
    last: Kept | None = None
    for exchange in exchanges:
        last = file.put_exchange(exchange)
    if entry and entry.body and not exchanges:
        last = file.put_body(entry, entry.body.encode(), now)
    if entry is None or last is None:
        return last
    links = {"WARC-Concurrent-To": f"<{last.record}>", "WARC-Refers-To": f"<{last.record}>"}
    said = msgspec.json.encode(replace(entry, fallback=None))
    file.put(WarcRecordType.metadata, "application/json", entry.url or of_entry(entry), last.at, said, links)
    return last._replace(ref=CaptureRef(file.key, last.ref.offset, file.bytes.tell() - last.ref.offset))


def of_entry(entry: Entry) -> str:
    """What stands for the URL of an entry that has none: read back it is an empty one."""
    return f"urn:newsroom:{entry.source}:{entry.digest}"


class WarcFile:
    """A WARC file in the making; every record is a gzip member of its own, so that it can be read alone."""

    def __init__(self, key: str) -> None:
        self.key, self.name = key, key.rpartition("/")[2]
        self.bytes = io.BytesIO()
        self.index: list[bytes] = []

    def put(
        self,
        kind: Any,
        mime: str,
        url: str,
        at: datetime,
        block: bytes,
        more: dict[str, str],
        *,
        record: str | None = None,
        payload_at: int = 0,
    ) -> Kept:
        """One record; its payload begins at byte `payload_at` of the block."""
        record = record or record_id(url, at, block, str(kind))
        made = WarcRecord()
        made.init_headers(kind, record.removeprefix("urn:").encode())
        about = {} if kind == WarcRecordType.warcinfo else {"WARC-Target-URI": url}
        for name, value in {"WARC-Date": warc_date(at), "Content-Type": mime, **about, **more}.items():
            made.headers[name] = re.sub(r"[\r\n]+", " ", value)
        made.set_bytes_content(block)
        offset, writer = self.bytes.tell(), GzipWriter(self.bytes, compression_level=GZIP_LEVEL)
        made.write(writer, checksum_data=True, payload_digest=sha1(block[payload_at:]).digest())  # noqa: S324
        writer.finish()
        return Kept(CaptureRef(self.key, offset, self.bytes.tell() - offset), record, at)

    def put_exchange(self, exchange: Exchange) -> Kept:
        """A request, and its response after it."""
        url, at = exchange.url, exchange.at
        record = record_id(url, at, exchange.payload)
        path = urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl() or "/"
        asked = head(f"GET {path} HTTP/1.1", exchange.request_headers)
        came = head(f"HTTP/1.1 {exchange.status} {exchange.reason}", exchange.headers)
        mime, links = "application/http; msgtype=", {"WARC-Concurrent-To": f"<{record}>"}
        own = record_id(url, at, exchange.payload, "request")
        self.put(WarcRecordType.request, mime + "request", url, at, asked, links, record=own, payload_at=len(asked))
        block, cut = came + exchange.payload, {"WARC-Truncated": exchange.truncated} if exchange.truncated else {}
        kept = self.put(
            WarcRecordType.response, mime + "response", url, at, block, cut, record=record, payload_at=len(came)
        )
        kind = header(exchange.headers, "content-type")
        self.index.append(cdxj.line(url, at, kept.ref, record, digest(exchange.payload), exchange.status, kind))
        return kept

    def put_body(self, entry: Entry, body: bytes, now: datetime) -> Kept:
        url, mime = entry.url or of_entry(entry), FROM_FEED[0][1]
        kept = self.put(WarcRecordType.resource, mime, url, now, body, {})
        self.index.append(cdxj.line(url, now, kept.ref, kept.record, digest(body), 200, mime))
        return kept


def head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The head of an HTTP message; line breaks inside a value would forge headers."""
    lines = [first.rstrip(), *(f"{UNFRAMED.get(name.lower(), name)}: {value}" for name, value in headers)]
    return "".join(re.sub(r"[\r\n]+", " ", line) + "\r\n" for line in lines).encode("latin-1", "replace") + b"\r\n"


def warc_date(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z"


def digest(payload: bytes) -> str:
    return f"sha1:{b32encode(sha1(payload).digest()).decode()}"  # noqa: S324 - WARC's digest, no guard


def read(store: Store, ref: CaptureRef) -> tuple[Capture, Entry | None]:
    """A capture and what the source said of it, by one ranged read.

    Raises `Failed` for a capture that is not whole or does not unpack, `StoreError` where there is none.
    """
    found = list(records(store.get_range(ref.key, ref.offset, ref.length)))
    if not found:
        raise StoreError(f"no capture at {ref.key}:{ref.offset} in {store.url}")
    return found[0].capture(), found[0].entry


def scan(warc: bytes, *, key: str) -> Iterator[tuple[Kept, Entry | None]]:
    """Every capture of a WARC file, with what stands after it of the entry; `read` gives its body."""
    for one in records(warc):
        yield Kept(CaptureRef(key, one.offset, one.end - one.offset), one.record, one.at), one.entry


class Record(NamedTuple):
    """A response or resource, and the entry of the `metadata` record after it; offsets of both together."""

    offset: int
    end: int
    headers: dict[str, str]
    block: bytes
    entry: Entry | None

    @property
    def record(self) -> str:
        return self.headers["WARC-Record-ID"].strip("<>")

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.headers["WARC-Date"])

    def capture(self) -> Capture:
        """The response out of its content coding; raises `Failed` where that cannot be, or where it was cut off."""
        if "WARC-Truncated" in self.headers:
            raise Failed(f"capture is not whole: {self.headers['WARC-Truncated']}")
        status, headers, payload = 200, FROM_FEED, self.block
        if self.headers["WARC-Type"] == "response":
            status, headers, payload = parsed(self.block)
        url = self.headers["WARC-Target-URI"]
        return Capture(
            url="" if url.startswith("urn:newsroom:") else url,
            at=self.at,
            status=status,
            headers=headers,
            body=decoded(headers, payload),
            record=self.record,
            digest=digest(payload),
        )


def parsed(block: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Status, headers and payload of an HTTP message that `head` has begun."""
    begin, _, payload = block.partition(b"\r\n\r\n")
    first, *lines = begin.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), tuple((name, value.strip()) for name, _, value in pairs), payload


def records(warc: bytes) -> Iterator[Record]:
    """The captures of a WARC file or of a piece of one, in their order."""
    last: Record | None = None
    for found in ArchiveIterator(io.BytesIO(warc), parse_http=False):
        if last and found.record_type == WarcRecordType.metadata:
            last = last._replace(entry=msgspec.json.decode(found.reader.read(), type=Entry), end=len(warc))
            continue
        if last:
            yield last._replace(end=found.stream_pos)
        is_capture = found.record_type in (WarcRecordType.response, WarcRecordType.resource)
        last = (
            Record(found.stream_pos, len(warc), dict(found.headers.items()), found.reader.read(), None)
            if is_capture
            else None
        )
    if last:
        yield last
