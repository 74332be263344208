"""A thing of an archive as a line of CDXJ: what players of archives read, then what only we do."""

from urllib.parse import quote

import msgspec
from msgspec import Struct

from pipeline import cdxj
from pipeline.model import Item

FIELDS = (
    "url", "mime", "status", "length", "offset", "filename", "record", "at", "digest", "at_from", "path", "payload",
    "payload_digest", "refers", "broken",
)  # fmt: skip
"""The JSON of a line: what players of archives read, then what only we do; `payload` is offset and length."""


def line(item: Item) -> bytes:
    """A line of CDXJ; its numbers are texts, as others have them."""
    said = {name: value for name in FIELDS if (value := getattr(item, name, None)) not in (None, "")}
    said |= {"status": str(item.status), "length": str(item.ref.length), "offset": str(item.ref.offset)}
    said |= {"filename": item.ref.key}
    if item.payload:
        said["payload"] = (item.payload.offset, item.payload.length)
    return f"{sort_key(item)} {item.at:%Y%m%d%H%M%S} ".encode("utf-8", "replace") + msgspec.json.encode(said) + b"\n"


def sort_key(item: Item) -> str:
    try:
        return cdxj.surt(item.url or f"path:{quote(item.path)}")
    except ValueError:  # of addresses that are none
        return quote(item.url or "")


class Where(Struct, frozen=True):
    """The place of a thing, of its line in the index."""

    filename: str
    offset: int


def said_in(line: bytes) -> bytes:
    """The JSON of a line."""
    return line.split(b" ", 2)[2]


def item_of(line: bytes) -> Item:
    """What `line` wrote."""
    said = msgspec.json.decode(said_in(line))
    said["ref"] = {"key": said["filename"], "offset": said["offset"], "length": said["length"]}
    if "payload" in said:
        said["payload"] = dict(zip(("key", "offset", "length"), (said["filename"], *said["payload"]), strict=True))
    return msgspec.convert(said, Item, strict=False)
