"""Files of text, out of what they are packed in: gzip, zstd, UTF-16. Offsets are of the text that comes out."""

import codecs
from collections.abc import Iterator
from itertools import chain

from pipeline.archives.items import unchanged
from pipeline.archives.members import Members
from pipeline.archives.packing import CUT_OFF, MAGIC, OUT, Damaged, Source
from pipeline.archives.places import PIECE, ArchiveFile
from pipeline.errors import Failed
from pipeline.model import Item
from pipeline.sources import absolute
from pipeline.veil import without_login

UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


class Text:
    """The text of a file: its first piece is in memory, and the last one that was asked for."""

    def __init__(self, file: ArchiveFile) -> None:
        self.file = file
        self.first = next(file.stream(), b"")
        self.packing = next((name for name, magic in MAGIC.items() if self.first.startswith(magic)), None)
        self.is_plain = not self.packing and not self.first.startswith(tuple(UTF16))
        self._at, self._held = 0, self.first if self.is_plain else b""
        self._rest = self.pieces()

    def pieces(self) -> Iterator[bytes]:
        """The whole text; raises `Failed` where it unpacks no further."""
        return utf8(unpacked(self.file, self.packing) if self.packing else self.file.stream())

    def read(self, offset: int, length: int) -> bytes:
        """The text there, neighbours by one read; raises `Failed` where it ends before. Packed ones go forward."""
        if not self._at <= offset <= offset + length <= self._at + len(self._held):
            if self.is_plain:
                self._at, self._held = offset, self.file.read(offset, max(length, PIECE))
            else:
                self._forward(offset, length)
        found = self._held[offset - self._at :][:length]
        if len(found) < length:
            raise Failed(f"file ends too early: {self.file.url}:{offset}")
        return found

    def _forward(self, offset: int, length: int) -> None:
        if offset < self._at:
            self._at, self._held, self._rest = 0, b"", self.pieces()
        while self._at + len(self._held) < offset + length and (piece := next(self._rest, b"")):
            skip = min(len(self._held), offset - self._at)
            self._at, self._held = self._at + skip, self._held[skip:] + piece


def address(said: str) -> str | None:
    """A web address as an archive's files write it, without a login; None where it is none."""
    return absolute(without_login(said), "")


def same(text: Text, item: Item) -> bytes:
    """The bytes of an item as they were when it was indexed; raises `Failed` for others."""
    if item.broken is not None:
        raise Failed(item.broken)
    return unchanged(item, text.read(item.ref.offset, item.ref.length), f"{item.ref.key}:{item.ref.offset}")


def unpacked(file: ArchiveFile, packing: str) -> Iterator[bytes]:
    """All members in a row, many tiny ones as one piece; what stands behind them is nobody's."""
    source, held = Source(file), bytearray()
    try:
        members = Members(source, packing)
        while piece := members.piece() or members.open():
            held += piece
            if len(held) >= OUT:
                yield bytes(held)
                held.clear()
        if members.fault and source.at > members.offset:
            raise Damaged(members.fault)
    except Damaged as error:
        if held:
            yield bytes(held)
        raise Failed(f"broken {packing}: {'it ends too early' if str(error) == CUT_OFF else error}") from None
    if held:
        yield bytes(held)


def utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The text in UTF-8 where it is UTF-16, else as it is."""
    first = next(pieces, b"")
    while len(first) < 2 and (more := next(pieces, b"")):
        first += more
    pieces = chain([first], pieces)
    if coding := UTF16.get(first[:2]):
        decoder = codecs.getincrementaldecoder(coding)("replace")
        pieces = filter(None, (decoder.decode(piece).encode("utf-8", "replace") for piece in pieces))
    yield from pieces
