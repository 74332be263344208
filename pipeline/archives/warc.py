"""WARC and ARC files: what captures they hold, and the pages at given places in them.

A record that cannot be read is an item that says why, and reading goes on at the next one that can.
"""

import re
from base64 import b32encode
from collections.abc import Iterator, Sequence

from pipeline import captures
from pipeline.archives import messages
from pipeline.archives.heads import MOST_HEAD, Head, broken, read_head
from pipeline.archives.messages import Message
from pipeline.archives.packing import Damaged
from pipeline.archives.places import EPOCH, ArchiveFile
from pipeline.archives.records import MOST_BLOCK, Records
from pipeline.archives.revisits import Originals
from pipeline.archives.streams import UNPACKED, Stream
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed
from pipeline.model import Capture, CaptureRef, Entry, Item

KINDS = ("response", "resource", "conversion", "revisit")
"""Types of records that are captures; the others tell of the crawl."""

OF_THE_CRAWL = re.compile(r"(?:dns|whois|metadata|urn|about|filedesc|warcinfo):", re.IGNORECASE)
"""URLs of what is no page, whatever its record's type."""

SHA1 = re.compile(r"sha1:([0-9A-Z]{32}|[0-9A-F]{40})", re.IGNORECASE)
CHANGED = "archive has changed since it was indexed"


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
        self._originals = Originals()

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
        if address >= UNPACKED and self.stream.is_torn:
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
        if head.kind == "revisit":
            return self._originals.resolved(item, head)
        self._originals.add(item)
        return item


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
    told = told_digest(head)
    if told or message is None or head.kind == "revisit":
        return told
    try:
        return captures.digest(messages.unchunked(message))
    except Failed:
        return ""


def told_digest(head: Head) -> str:
    """Of the payload, in base 32; none where the record tells none, or by another algorithm."""
    told = SHA1.fullmatch(head.fields.get("warc-payload-digest", ""))
    if not told:
        return ""
    digits = told[1].upper()
    return f"sha1:{digits if len(digits) == 32 else b32encode(bytes.fromhex(digits)).decode()}"


def unread(file: ArchiveFile, address: int, error: Failed, head: Head | None) -> Item:
    """What cannot be read, by its place and by what is known of it."""
    record = captures.record_id(file.path, EPOCH, str(address).encode(), "broken")
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
    records = Records(file, items)
    for item in items:
        try:
            yield page(records, item, source)
        except EntryError as error:
            yield error
        except Damaged as error:
            yield broken(error)


def page(records: Records, item: Item, source: str) -> Page:
    if item.broken:
        raise Failed(item.broken)
    head, block = records.payload(item.payload) if item.payload else records.at(item.ref)
    if not item.payload and ((head.record or item.record) != item.record or head.url != item.url):
        raise Failed(CHANGED)
    message = message_of(head, block)
    payload = messages.unchunked(message)
    digest = captures.digest(payload)
    known = item.payload_digest if item.payload else item.digest
    if known and known != (told_digest(head) or digest):
        raise Failed(CHANGED)
    capture = Capture(
        url=item.url or "",
        at=item.at,
        at_from=item.at_from,
        status=item.status,
        headers=message.headers,
        body=messages.body(message, payload),
        record=item.record,
        digest=digest,
    )
    return Page(capture, Entry(source=source, url=item.url))
