"""The bytes of an archive's file as they are stored, and one member of it out of gzip or zstd, piece by piece."""

import zlib
from typing import Protocol

from backports import zstd

from pipeline.archives.places import PIECE, ArchiveFile

OUT = 262_144
"""Most bytes that one step unpacks: a bomb goes by in pieces."""

PACKINGS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}
"""What a packed file begins with."""

MAGIC = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}
"""What a member begins with, of the packings that are read."""

GLIMPSE = {"gzip": 8_192, "zstd": 140_000}
"""Bytes that must show how what a member holds begins; zstd gives nothing before its first block is whole."""

TRAINED = b"\x37\xa4\x30\xec"
"""What a dictionary of zstd begins with; any bytes may be one."""

MOST_DICTIONARY = 10_000_000
CUT_OFF = "cut off"


class Damaged(Exception):
    """What comes next cannot be unpacked; says why."""


class Source:
    """The bytes of a file from any offset on, up to `end`."""

    def __init__(self, file: ArchiveFile, end: int | None = None) -> None:
        self.file, self.end = file, file.size if end is None else min(end, file.size)
        self.at = 0
        self._base, self._piece = 0, b""

    def take(self, most: int) -> bytes:
        """The next bytes, as many as are at hand; none at the end."""
        start = self.at - self._base
        if not 0 <= start < len(self._piece):
            self._load()
            start = 0
        taken = self._piece[start : start + most]
        self.at += len(taken)
        return taken

    def peek(self, most: int) -> bytes:
        """The next bytes, which stay; fewer only at the end."""
        start = self.at - self._base
        if start < 0 or (start + most > len(self._piece) and self._base + len(self._piece) < self.end):
            self._load()
            start = 0
        return self._piece[start : start + most]

    def _load(self) -> None:
        length = min(PIECE, self.end - self.at)
        self._base, self._piece = self.at, self.file.read(self.at, length) if length > 0 else b""


class Unpacker(Protocol):
    """One member of a packed file."""

    hungry: bool  # whether the next step wants bytes
    eof: bool
    unused: int  # bytes of the last step that stand behind the member

    def step(self, data: bytes) -> bytes:
        """The next bytes of what it holds, at most `OUT`; raises `Damaged`."""


class Gzip:
    """One gzip member. What stands before damage is given before it is told."""

    def __init__(self) -> None:
        self.hungry, self.eof, self.unused = True, False, 0
        self._stream, self._rest, self._is_damaged = zlib.decompressobj(31), b"", False
        self._is_new = True

    def step(self, data: bytes) -> bytes:
        if self._is_damaged:
            raise Damaged("gzip is damaged")
        data = self._rest or data
        before = zlib.decompressobj(31) if self._is_new else self._stream.copy()
        try:
            out = self._stream.decompress(data, OUT)
        except zlib.error:
            self._is_damaged, self.hungry = True, False
            return salvaged(before, data) or self.step(b"")
        self._rest, self._is_new = self._stream.unconsumed_tail, False
        self.eof, self.unused = self._stream.eof, len(self._stream.unused_data)
        self.hungry = not self._rest and len(out) < OUT
        return out


def unpacker(packing: str, dictionary: zstd.ZstdDict | None) -> Unpacker:
    """For the member that comes next."""
    return Gzip() if packing == "gzip" else Zstd(dictionary)


def glimpse(packing: str, data: bytes, dictionary: zstd.ZstdDict | None) -> bytes:
    """How what a member holds begins; nothing where these bytes are not one's beginning."""
    try:
        if packing == "gzip":
            return zlib.decompressobj(31).decompress(data, len(data))
        return zstd.ZstdDecompressor(dictionary).decompress(data, len(data))
    except (zlib.error, zstd.ZstdError):
        return b""


def salvaged(stream: "zlib._Decompress", data: bytes) -> bytes:
    """What can be unpacked before the damage."""
    out, step = b"", len(data)
    while step and data and len(out) < OUT and not stream.eof:
        trial = stream.copy()
        try:
            out += trial.decompress(data[:step], OUT - len(out))
        except zlib.error:
            step //= 2
            continue
        stream, data = trial, trial.unconsumed_tail + data[step:]
    return out


class Zstd:
    """One zstd frame."""

    def __init__(self, dictionary: zstd.ZstdDict | None) -> None:
        self.hungry, self.eof, self.unused = True, False, 0
        self._stream, self._is_damaged = zstd.ZstdDecompressor(dictionary), False

    def step(self, data: bytes) -> bytes:
        if self._is_damaged:
            raise Damaged("zstd is damaged")
        try:
            out = self._stream.decompress(data, OUT)
        except zstd.ZstdError:
            self._is_damaged, self.hungry = True, False  # the library would not say so again
            return self.step(b"")
        self.hungry, self.eof = self._stream.needs_input, self._stream.eof
        self.unused = len(self._stream.unused_data) if self.eof else 0
        return out


def skippable(head: bytes) -> int:
    """Bytes of the zstd frame that holds no data and begins with these eight; 0 where it is none."""
    is_one = len(head) == 8 and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18"
    return 8 + int.from_bytes(head[4:], "little") if is_one else 0


def dictionary(file: ArchiveFile) -> zstd.ZstdDict | None:
    """What a `.warc.zst` carries in its first frame for all others; raises `Damaged`."""
    head = file.read(0, 8)
    length = skippable(head) - 8
    if length <= 0 or head[0] != 0x5D:
        return None
    if length > MOST_DICTIONARY:
        raise Damaged("dictionary too large")
    said = file.read(8, length)
    try:
        if said.startswith(MAGIC["zstd"]):
            said = zstd.ZstdDecompressor().decompress(said, MOST_DICTIONARY)
        return zstd.ZstdDict(said, is_raw=not said.startswith(TRAINED))
    except (ValueError, zstd.ZstdError):
        raise Damaged("dictionary is damaged") from None
