"""Revisit records: a capture that had the payload of an earlier one of its file, and points to that."""

from typing import NamedTuple

from msgspec.structs import replace

from pipeline.archives.heads import Head, id_of, moment, url_of
from pipeline.model import CaptureRef, Item

MOST_KEYS = 1_000_000
"""Keys of captures that are remembered: some 170 MB, for 250,000 captures of a file."""

NOT_HERE = "revisit of a record that is not in this file"


class Original(NamedTuple):
    """Where a payload lies, and what it is."""

    ref: CaptureRef
    status: int
    mime: str
    digest: str


class Originals:
    """The captures of a file so far, as revisits point to them."""

    def __init__(self) -> None:
        self._by_key = dict[int, Original]()

    def add(self, item: Item) -> None:
        told = Original(item.ref, item.status, item.mime, item.digest)
        self._remember(told, item.record, item.digest, visit(item), item.url or "")

    def resolved(self, item: Item, head: Head) -> Item:
        """With the place of its payload: told by digest, by record, by URL and time, or as the page's last state."""
        said = head.fields
        other, when = url_of(said.get("warc-refers-to-target-uri", "")), moment(said.get("warc-refers-to-date", ""))
        keys = [item.digest, id_of(said.get("warc-refers-to", "")), f"{other} {when}"]
        if "server-not-modified" in said.get("warc-profile", ""):
            keys.append(other or head.url)
        found = next((self._by_key[hash(key)] for key in keys if key and hash(key) in self._by_key), None)
        if not found:
            return replace(item, refers=when.date() if when else None, broken=NOT_HERE)
        self._remember(found, item.record, visit(item))  # another revisit may point to this one
        status = found.status if item.status in (0, 304) else item.status
        return replace(item, payload=found.ref, payload_digest=found.digest, status=status, mime=found.mime)

    def _remember(self, found: Original, *keys: str) -> None:
        for key in keys:
            if key and len(self._by_key) < MOST_KEYS:
                self._by_key[hash(key)] = found


def visit(item: Item) -> str:
    return f"{item.url} {item.at}"
