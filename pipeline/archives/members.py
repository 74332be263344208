"""The members of a file that is packed, one after the other: gzip's, or zstd's frames."""

import re

from pipeline.archives.packing import (
    CUT_OFF,
    GLIMPSE,
    MAGIC,
    PACKINGS,
    Damaged,
    Source,
    Unpacker,
    dictionary,
    glimpse,
    skippable,
    unpacker,
)
from pipeline.archives.places import ArchiveFile

FIRST_SLICE, SLICE = 4_096, 65_536
"""Packed bytes unpacked at a time: most members are small, and what stands behind one is copied."""

LONGEST_LINE = 10_000
NAMED = {"gz": "gzip", "zst": "zstd"}

RECORD = re.compile(
    rb"WARC/\d\.\d+\r?\n|[a-zA-Z][\w+.-]{1,20}:[^\r\n]{1,8000}? [\da-fA-F.:]+ \d{8,20} [^\r\n]{1,999}\n"
)
"""How a record begins: with the version of WARC, or as a line of ARC."""

MEMBER = re.compile(rb"[\r\n]*(?:" + RECORD.pattern + rb")")


def packing_of(file: ArchiveFile) -> str | None:
    """What a file is packed by, as its first bytes tell, or its name where these are damaged."""
    start = file.read(0, 8)
    found = next((name for magic, name in PACKINGS.items() if start.startswith(magic)), None)
    named = NAMED.get(file.path.rpartition(".")[2].lower())
    if found or skippable(start) or not named:
        return found or ("zstd" if skippable(start) else None)
    return None if RECORD.match(file.read(0, LONGEST_LINE)) else named


class Members:
    """The members from an offset on; raises `Damaged` where the file is packed in a way that is not read."""

    def __init__(self, source: Source, packing: str) -> None:
        if packing not in MAGIC:
            raise Damaged(f"packed by {packing}, which is not read")
        self.source, self.packing = source, packing
        self._dictionary = dictionary(source.file) if packing == "zstd" else None
        self.restart(0)

    def restart(self, offset: int) -> None:
        self.source.at = self.offset = offset  # of the member, in the file
        self.fault: str | None = None  # of the next member: whoever enters it is told
        self._unpacker: Unpacker | None = None

    def open(self) -> bytes:
        """How the next member that holds anything begins; nothing at the end of the file, and where it has a fault."""
        begins = b""
        try:
            while not begins and self._opened():
                while len(begins) < 16 and (more := self.piece()):
                    begins += more
        except Damaged as error:
            self.fault = str(error)
        return b"" if self.fault else begins

    def piece(self) -> bytes:
        """What comes next in the member, none at its end; raises `Damaged`."""
        member = self._unpacker
        while member and not member.eof:
            data = b""
            if member.hungry:
                is_young = self.source.at - self.offset < FIRST_SLICE
                data = self.source.take(FIRST_SLICE if is_young else SLICE)
                if not data:
                    raise Damaged(CUT_OFF)
            piece = member.step(data)
            if member.eof:
                self.source.at -= member.unused
            if piece:
                return piece
        return b""

    def find(self) -> bool:
        """To the next member that begins with a record, from anywhere; False where there is none."""
        magic = MAGIC[self.packing]
        while len(ahead := self.source.peek(SLICE)) >= len(magic):
            found = ahead.find(magic)
            self.source.at += found if found >= 0 else len(ahead) - len(magic) + 1
            if found >= 0:
                begins = glimpse(self.packing, self.source.peek(GLIMPSE[self.packing]), self._dictionary)
                if MEMBER.match(begins):
                    return True
                self.source.at += 1
        return False

    def _opened(self) -> bool:
        """Whether there is a next member."""
        while head := self.source.peek(8):
            self.offset = self.source.at
            if self.packing == "zstd" and (length := skippable(head)):
                self.source.at += length
            elif head.startswith(MAGIC[self.packing]):
                self._unpacker = unpacker(self.packing, self._dictionary)
                return True
            elif not head.strip(b"\0\r\n"):  # padding
                padding = self.source.take(SLICE)
                self.source.at -= len(padding.lstrip(b"\0\r\n"))
            else:
                raise Damaged(f"no {self.packing} member begins here")
        return False
