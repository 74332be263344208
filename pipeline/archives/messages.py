"""The HTTP response that a record holds: its head, and its payload out of chunks and codings."""

import re
from typing import NamedTuple

from pipeline.archives.heads import HEAD_END, MOST_HEAD, headers_of, mime_of
from pipeline.model import header
from pipeline.web import because
from pipeline.web.coding import MOST_BYTES, decoded, is_plain

STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)")
CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")

PACKED_TEXT = ("text/", "application/xhtml", "application/xml", "application/json", "unk")
"""What is never gzip, so that it is packed where it begins as gzip does, whether a header says so or not."""


class Message(NamedTuple):
    """A response: `payload` as it came, but out of its chunks where `told`; raw before."""

    status: int
    headers: tuple[tuple[str, str], ...]
    payload: bytes

    @property
    def mime(self) -> str:
        return mime_of(header(self.headers, "content-type") or "")


def parsed(block: bytes) -> Message | None:
    """The response of a block, its payload still in chunks; None where it is none."""
    status = STATUS.match(block)
    if not status:
        return None
    ends = [at + len(end) for end in HEAD_END if (at := block.find(end, 0, MOST_HEAD)) >= 0]
    if not ends and len(block) > MOST_HEAD:
        return None
    stop = min(ends, default=len(block))
    return Message(int(status[1]), tuple(headers_of(block[:stop].decode("latin-1"))), block[stop:])


def unchunked(message: Message) -> bytes:
    """The payload out of its chunks; as it is where there are none, whatever the header says. Raises `Failed`."""
    payload = message.payload
    said = header(message.headers, "transfer-encoding") or ""
    if "chunked" not in said.lower() or is_plain(payload) or not CHUNK.match(payload):
        return payload
    parts, at = list[bytes](), 0
    while chunk := CHUNK.match(payload, at):
        at, size = chunk.end(), int(chunk[1], 16)
        if not size:
            return b"".join(parts)
        parts.append(payload[at : at + size])
        at += size
        if at > len(payload):
            raise because("body cut short")
        at += payload[at : at + 2].startswith(b"\r\n") * 2 or payload[at : at + 1].startswith(b"\n")
    if at < len(payload):
        raise because("broken content coding", "chunked")
    return b"".join(parts)


def body(message: Message, payload: bytes) -> bytes:
    """The payload out of its content coding; raises `Failed`."""
    if len(payload) > MOST_BYTES:
        raise because("body too large")
    headers = message.headers
    if not header(headers, "content-encoding") and payload[:2] == b"\x1f\x8b" and message.mime.startswith(PACKED_TEXT):
        headers = (*headers, ("Content-Encoding", "gzip"))
    return decoded(headers, payload)
