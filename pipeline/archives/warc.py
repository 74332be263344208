"""WARC and ARC files: what captures they hold, and the pages at given places in them.

A record that cannot be read is an item that says why, and reading goes on at the next one that can.
"""

import re
from base64 import b32encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from pipeline import captures
from pipeline.archives import messages
from pipeline.archives.heads import MOST_HEAD, Head, broken, id_of, moment, read_head, url_of
from pipeline.archives.messages import Message
from pipeline.archives.packing import Damaged
from pipeline.archives.places import ArchiveFile
from pipeline.archives.streams import UNPACKED, Stream
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed
from pipeline.model import Capture, CaptureRef, Entry, Item
from pipeline.web import because
from pipeline.web.coding import MOST_BYTES

KINDS = ("response", "resource", "conversion", "revisit")
"""Types of records that are captures; the others tell of the crawl."""

OF_THE_CRAWL = re.compile(r"(?:dns|whois|metadata|urn|about|filedesc|warcinfo):", re.IGNORECASE)
"""URLs of what is no page, whatever its record's type."""

MOST_BLOCK = MOST_BYTES + MOST_HEAD
MOST_ORIGINALS = 1_000_000
"""Keys that are remembered for the revisits of a file: 150 MB."""

NOT_HERE = "revisit of a record that is not in this file"
SHA1 = re.compile(r"sha1:([0-9A-Z]{32}|[0-9A-F]{40})", re.IGNORECASE)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Original(NamedTuple):
    """Where the payload of a revisit lies, and what it is."""

    ref: CaptureRef
    status: int
    mime: str


def index(file: ArchiveFile) -> Iterator[Item]:
    """Every capture in the file's order, and everything that is broken; one pass."""
    try:
        stream = Stream(file)
    except Damaged as error:
        yield unread(file, 0, broken(error), None)
        return
    yield from Pass(file, stream).items()


class Pass:
    """One pass over a file."""

    def __init__(self, file: ArchiveFile, stream: Stream) -> None:
        self.file, self.stream = file, stream
        self.head: Head | None = None
        self._originals = dict[int, Original]()

    def items(self) -> Iterator[Item]:
        goes_on = True
        while goes_on:
            found: Item | None
            self.head, address = None, self.stream.address()
            try:
                self.stream.skip_blank()
                if self.stream.is_over():
                    goes_on = self.stream.advance()
                    continue
                address = self.stream.address()
                found = self.record(address)
            except Failed as error:
                found = unread(self.file, address, error, self.head)
            except Damaged as error:
                found = unread(self.file, self.stream.address() if not self.head else address, broken(error), self.head)
                goes_on = self.stream.resume()
            if found:
                yield found

    def record(self, address: int) -> Item | None:
        """The capture that begins here; None where the record is none. Leaves the stream where the next may begin."""
        try:
            self.head = head = read_head(self.stream)
        except Failed:
            self.stream.find()
            raise
        mark, size = self.stream.mark(), head.length if head.length <= MOST_BLOCK else MOST_HEAD
        is_promised = head.length >= 0 and self.stream.has(head.length)
        block = self.stream.take(size) if is_promised else b""
        rest = self.stream.skip(head.length - size) if is_promised else 0
        end = self.stream.position
        if not is_promised or len(block) + rest < head.length or not self.ends_here():
            _ = self.stream.rewind(mark) if rest else self.stream.put_back(block)
            self.stream.find()
            raise broken(f"its length is wrong: {head.length}" if head.length >= 0 else "its length is not told")
        if address >= UNPACKED and self.stream.is_torn and self.stream.packing:
            raise broken("it stands behind damage, inside of a member")
        return self.capture(CaptureRef(self.file.url, address, self.stream.length(address, end)), head, block)

    def ends_here(self) -> bool:
        """Whether a record may end here: nothing follows, or another one, or at least the lines that part them."""
        stream, member = self.stream, self.stream.member
        try:
            is_end = stream.ahead(4).startswith((b"\r\n\r\n", b"\n\n")) or stream.is_record_next()
            if is_end:
                stream.skip_blank()
            return is_end
        except Damaged:
            if stream.member == member:
                raise
            return True  # the damage is another member's

    def capture(self, ref: CaptureRef, head: Head, block: bytes) -> Item | None:
        if head.kind not in KINDS or OF_THE_CRAWL.match(head.url):
            return None
        if not head.url:
            raise broken("it has no URL")
        if head.kind != "revisit" and (cut := head.fields.get("warc-truncated")):  # all revisits are
            raise Failed(f"capture is not whole: {cut[:40]}")
        if "warc-segment-number" in head.fields:
            raise broken("it is one segment of several")
        at = head.at or self.file.modified
        message = message_of(head, block)
        whole = head.length <= MOST_BLOCK
        record = head.record or captures.record_id(head.url, at, message.payload if whole else b"")
        item = Item(
            ref=ref,
            at=at,
            at_from="record" if head.at else "file",
            path=self.file.path,
            url=head.url,
            record=record,
            status=message.status,
            mime=message.mime,
            digest=digest_of(head, message if whole else None),
        )
        return self.revisit(item, head) if head.kind == "revisit" else self.original(item)

    def original(self, item: Item) -> Item:
        """Remembers it for revisits."""
        told = Original(item.ref, item.status, item.mime)
        for key in (item.record, item.digest, f"{item.url} {item.at}", item.url):
            if key and len(self._originals) < MOST_ORIGINALS:
                self._originals[hash(key)] = told
        return item

    def revisit(self, item: Item, head: Head) -> Item:
        """With the place of its payload: told by digest, by record, by URL and time, or as the page's last state."""
        said = head.fields
        other, when = url_of(said.get("warc-refers-to-target-uri", "")), moment(said.get("warc-refers-to-date", ""))
        keys = [item.digest, id_of(said.get("warc-refers-to", "")), f"{other} {when}"]
        if "server-not-modified" in said.get("warc-profile", ""):
            keys.append(other or head.url)
        found = next((self._originals[hash(key)] for key in keys if key and hash(key) in self._originals), None)
        if not found:
            return replace(item, broken=NOT_HERE)
        for key in (item.record, f"{item.url} {item.at}"):
            self._originals.setdefault(hash(key), found)
        status = found.status if item.status in (0, 304) else item.status
        return replace(item, payload=found.ref, status=status, mime=found.mime)


def message_of(head: Head, block: bytes) -> Message:
    """What a record holds as a response; raises `Failed` where it should be one of HTTP and is none."""
    found = messages.parsed(block) if head.kind in ("response", "revisit") else None
    if found:
        return found
    if head.kind == "response" and head.mime == "application/http":
        raise broken("it holds no HTTP response")
    return Message(0 if head.kind == "revisit" else 200, (("Content-Type", head.mime),), block)


def digest_of(head: Head, message: Message | None) -> str:
    """The payload's, as the record tells it, else made here where it is at hand."""
    told = SHA1.fullmatch(head.fields.get("warc-payload-digest", ""))
    if told:
        digits = told[1].upper()
        return f"sha1:{digits if len(digits) == 32 else b32encode(bytes.fromhex(digits)).decode()}"
    if message is None or head.kind == "revisit":
        return ""
    try:
        return captures.digest(messages.unchunked(message))
    except Failed:
        return ""


def unread(file: ArchiveFile, address: int, error: Failed, head: Head | None) -> Item:
    """What cannot be read, by its place and by what is known of it."""
    record = captures.record_id(file.path, BEGINNING, str(address).encode(), "broken")
    return Item(
        ref=CaptureRef(file.url, address, 0),
        at=(head and head.at) or file.modified,
        at_from="record" if head and head.at else "file",
        path=file.path,
        url=(head and head.url) or None,
        record=(head and head.record) or record,
        broken=error.reason,
    )


def read(file: ArchiveFile, items: Sequence[Item], source: str) -> Iterator[Page | EntryError]:
    """The page of each item or why there is none, in order; items in the file's order cost one way through it."""
    places = Places(file, items)
    for item in items:
        try:
            yield page(places, item, source)
        except EntryError as error:
            yield error
        except Damaged as error:
            yield broken(error)


def page(places: "Places", item: Item, source: str) -> Page:
    if item.broken:
        raise Failed(item.broken)
    head, block = places.payload(item.payload) if item.payload else places.record(item.ref)
    if not item.payload and ((head.record or item.record) != item.record or head.url != item.url):
        raise Failed("archive has changed since it was indexed")
    message = message_of(head, block)
    payload = messages.unchunked(message)
    capture = Capture(
        url=item.url or "",
        at=item.at,
        status=item.status,
        headers=message.headers,
        body=messages.body(message, payload),
        record=item.record,
        digest=captures.digest(payload),
    )
    return Page(capture, Entry(source=source, url=item.url))


class Places:
    """Records of a file by their places; each kind of place has its own way through the file."""

    def __init__(self, file: ArchiveFile, items: Sequence[Item]) -> None:
        self.file = file
        self._end = max((i.ref.offset + i.ref.length for i in items if i.ref.offset < UNPACKED), default=file.size)
        self._streams = dict[tuple[bool, bool], Stream]()

    def record(self, ref: CaptureRef) -> tuple[Head, bytes]:
        return self._read(self._stream(ref, is_payload=False), ref)

    def payload(self, ref: CaptureRef) -> tuple[Head, bytes]:
        """What a revisit points to, by a range of its own."""
        stream = self._stream(ref, is_payload=True)
        if ref.offset < UNPACKED:
            stream.source.end = ref.offset + ref.length
        return self._read(stream, ref)

    def _stream(self, ref: CaptureRef, *, is_payload: bool) -> Stream:
        is_inside = ref.offset >= UNPACKED
        key = (is_inside, is_payload)
        if key not in self._streams:
            self._streams[key] = Stream(self.file, None if is_inside or is_payload else self._end)
        return self._streams[key]

    def _read(self, stream: Stream, ref: CaptureRef) -> tuple[Head, bytes]:
        stream.go(ref.offset)
        stream.skip_blank()
        head = read_head(stream)
        if head.length > MOST_BLOCK:
            raise because("body too large")
        block = stream.take(max(head.length, 0))
        if len(block) < head.length:
            raise broken(f"its length is wrong: {head.length}")
        return head, block
