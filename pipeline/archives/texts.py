"""Files of text, out of what they are packed in: gzip, zstd, UTF-16. Offsets are of the text that comes out."""

import codecs
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from pipeline import captures
from pipeline.archives.places import PIECE, ArchiveFile
from pipeline.errors import Failed
from pipeline.model import Item

SLICE = 16_384
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


class Text:
    """The text of a file: its first piece is in memory, and the last one that was asked for."""

    def __init__(self, file: ArchiveFile) -> None:
        self.file = file
        self.first = next(file.stream(), b"")
        self.is_plain = not self.first.startswith((GZIP, ZSTD, *UTF16))
        self._at, self._held = 0, self.first if self.is_plain else b""
        self._rest = self.pieces()

    def pieces(self) -> Iterator[bytes]:
        """The whole text; raises `Failed` where it unpacks no further."""
        pieces = chain([self.first], self.file.stream(len(self.first)))
        if self.first.startswith(GZIP):
            return utf8(gunzipped(pieces))
        return utf8(unzstd(pieces)) if self.first.startswith(ZSTD) else utf8(pieces)

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


def same(text: Text, item: Item) -> bytes:
    """The bytes of an item as they were when it was indexed; raises `Failed` for others."""
    if item.broken is not None:
        raise Failed(item.broken)
    found = text.read(item.ref.offset, item.ref.length)
    if captures.digest(found) != item.digest:
        raise Failed(f"archive has changed: {item.ref.key}:{item.ref.offset}")
    return found


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


def gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """All members in a row; what stands behind them is nobody's."""
    stream, rest = zlib.decompressobj(31), b""
    try:
        for some in chain(sliced(pieces), [b""]):  # which asks for what the library still holds
            rest, found = rest + some, bytes(PIECE)
            while len(found) == PIECE or (stream.eof and len(rest) >= len(GZIP)):
                if stream.eof and not rest.startswith(GZIP):
                    return
                stream = zlib.decompressobj(31) if stream.eof else stream
                if found := stream.decompress(rest, PIECE):
                    yield found
                rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    except zlib.error as error:
        raise Failed(f"broken gzip: {error}") from None
    if not stream.eof:
        raise Failed("broken gzip: it ends too early")


def sliced(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces: each of a million tiny members would copy all that follows it."""
    return (piece[at : at + SLICE] for piece in pieces for at in range(0, len(piece), SLICE))


def unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """All frames in a row."""
    from fastwarc.stream_io import ZstdReader

    reader = ZstdReader(Feed(pieces))
    try:
        while piece := reader.read(PIECE):
            yield piece
    except (OSError, ValueError) as error:
        raise Failed(f"broken zstd: {error}") from None


class Feed:
    """Pieces as the file that fastwarc wants, which never goes back in it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.held, self.at = pieces, b"", 0

    def read(self, size: int = PIECE) -> bytes:
        self.held = self.held or next(self.pieces, b"")
        given, self.held = self.held[:size], self.held[size:]
        self.at += len(given)
        return given

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.at

    def close(self) -> None:
        """The pieces are their owner's."""
