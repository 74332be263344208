"""What an archive's file holds, unpacked, as one flat run of bytes that knows where its members begin.

Memory holds a piece of the file, a piece of what it unpacks to, and what was asked for, however large the file is.
"""

import re
from typing import NamedTuple

from pipeline.archives.packing import (
    GLIMPSE,
    MAGIC,
    OUT,
    PACKINGS,
    Damaged,
    Source,
    Unpacker,
    dictionary,
    glimpse,
    skippable,
    unpacker,
)
from pipeline.archives.places import PIECE, ArchiveFile

UNPACKED = 10**15
"""Offsets from here on count in what a packed file unpacks to: the way to a record inside of a member."""

FIRST_SLICE, SLICE = 4_096, 65_536
"""Packed bytes unpacked at a time: most members are small, and what stands behind one is copied."""

LONGEST_LINE = 10_000
AT_MOST_AGAIN = 8
NAMED = {"gz": "gzip", "zst": "zstd"}

RECORD = re.compile(
    rb"WARC/\d\.\d+\r?\n|[a-zA-Z][\w+.-]{1,20}:[^\r\n]{1,8000}? [\da-fA-F.:]+ \d{8,20} [^\r\n]{1,999}\n"
)
"""How a record begins: with the version of WARC, or as a line of ARC."""

MEMBER = re.compile(rb"[\r\n]*(?:" + RECORD.pattern + rb")")
NEXT = re.compile(rb"(?m)^(?:" + RECORD.pattern + rb")")
BLANK = re.compile(rb"[\r\n]*")


class Mark(NamedTuple):
    """A place to come back to: where its member begins in the file and in what that unpacks to, and its position."""

    member: int
    begun: int
    position: int


def packing_of(file: ArchiveFile) -> str | None:
    """What a file is packed by, as its first bytes tell, or its name where these are damaged."""
    start = file.read(0, 8)
    found = next((name for magic, name in PACKINGS.items() if start.startswith(magic)), None)
    named = NAMED.get(file.path.rpartition(".")[2].lower())
    if found or skippable(start) or not named:
        return found or ("zstd" if skippable(start) else None)
    return None if RECORD.match(file.read(0, LONGEST_LINE)) else named


class Stream:
    """Reads end before a member that begins with a record, until `advance`: no length reaches beyond."""

    def __init__(self, file: ArchiveFile, end: int | None = None) -> None:
        self.source = Source(file, end)
        self.packing = packing_of(file)
        if self.packing not in (None, *MAGIC):
            raise Damaged(f"packed by {self.packing}, which is not read")
        self._dictionary = dictionary(file) if self.packing == "zstd" else None
        self._furthest = file.size
        self._again = 0  # bytes read again: whatever the damage, no more than some times what there is
        self.is_torn = False  # whether something was left out, so that `position` says nothing
        self._restart(0, 0)

    def _restart(self, offset: int, position: int) -> None:
        self.source.at = self.member = self._opened = offset
        self.position = self.begun = position
        self._held, self._used, self._next = b"", 0, b""
        self._unpacker: Unpacker | None = None
        self._is_fresh = True
        self._fault: str | None = None  # of the next member: whoever enters it is told

    # Places

    def address(self) -> int:
        """Where the record that begins here is found again: an offset in the file, or one from `UNPACKED` on."""
        if not self.packing:
            return self.position
        return self.member if self.position == self.begun else UNPACKED + self.position

    def length(self, address: int, end: int) -> int:
        """Bytes from a record's address to a position behind it, which has been read."""
        if self.packing and address < UNPACKED:
            return (self._opened if self._next or self._fault else self.source.at) - address
        return end - address % UNPACKED

    def go(self, address: int) -> None:
        """To a record, by its address."""
        if not self.packing or address < UNPACKED:
            self._restart(address, 0 if self.packing else address)
            self.is_torn = True
            return
        target = address - UNPACKED
        if self.is_torn or self.position > target:
            self._restart(0, 0)
            self.is_torn = False
        while self.position < target and (self.skip(target - self.position) or self.advance()):
            pass

    def has(self, size: int) -> bool:
        """Whether so much may be left: a file that is not packed says so at once."""
        return bool(self.packing) or self.position + size <= self.source.end

    def mark(self) -> Mark:
        return Mark(self.member, self.begun, self.position)

    def put_back(self, taken: bytes) -> bool:
        """Undoes a `take`; False where reading again would cost more than damage may."""
        if not self._may_read_again(len(taken)):
            return False
        self._held, self._used = taken + self._held[self._used :], 0
        self.position -= len(taken)
        return True

    def rewind(self, mark: Mark) -> bool:
        """Back to a mark; False where that would cost more than damage may."""
        start = mark.member if self.packing else mark.position
        if not self._may_read_again(self.source.at - start if self.packing else 2 * PIECE):
            return False
        self._restart(start, mark.begun if self.packing else mark.position)
        self.skip(mark.position - self.position)
        return True

    def _may_read_again(self, cost: int) -> bool:
        self._furthest = max(self._furthest, self.position)
        may = self._again + cost <= AT_MOST_AGAIN * self._furthest
        self._again += cost if may else 0
        return may

    # Reading forward

    def fill(self, size: int) -> int:
        """How many bytes are at hand: as many as asked for, unless a record or the file ends before."""
        while len(self._held) - self._used < size and (more := self._pull()):
            self._held, self._used = self._held[self._used :] + more, 0
        return len(self._held) - self._used

    def ahead(self, size: int) -> bytes:
        """The next bytes, which stay; fewer only where reading ends."""
        self.fill(size)
        return self._held[self._used : self._used + size]

    def take(self, size: int) -> bytes:
        parts = list[bytes]()
        while size and self.fill(1):
            parts.append(self._held[self._used : self._used + size])
            self._move(len(parts[-1]))
            size -= len(parts[-1])
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Leaves bytes out; how many that were."""
        left = size
        while left and (at_hand := min(left, self.fill(1))):
            self._move(at_hand)
            left -= at_hand
            if left and not self.packing:
                jump = max(min(left, self.source.end - self.source.at), 0)
                self.source.at, self.position, left = self.source.at + jump, self.position + jump, left - jump
        return size - left

    def until(self, ends: tuple[bytes, ...], most: int) -> bytes | None:
        """Everything up to the first of these ends; None, and nothing read, where none is within `most` bytes."""
        size = 1
        while True:
            at_hand = self.fill(size)
            stop = self._used + most
            found = [at + len(end) for end in ends if (at := self._held.find(end, self._used, stop)) >= 0]
            if found:
                return self.take(min(found) - self._used)
            if at_hand < size or at_hand >= most:
                return None
            size = min(max(FIRST_SLICE, 4 * size), most)

    def skip_blank(self) -> None:
        """Over the line ends between two records."""
        while self.fill(1):
            blank = BLANK.match(self._held, self._used)
            is_first = self.position == self.begun
            self._move(blank.end() - self._used if blank else 0)
            if is_first:
                self.begun = self.position
            if self._used < len(self._held):
                return

    def is_record(self) -> bool:
        """Whether a record begins here; what is at hand may tell, and damage is then told later."""
        return bool(
            RECORD.match(self._held, self._used) or (self.fill(LONGEST_LINE) and RECORD.match(self._held, self._used))
        )

    def is_record_next(self) -> bool:
        """Whether nothing but line ends stands before the next record, or the end of what can be read."""
        if MEMBER.match(self._held, self._used):
            return True
        self.fill(LONGEST_LINE)
        ahead = self._held[self._used : self._used + LONGEST_LINE]
        return bool(MEMBER.match(ahead)) or not ahead.strip(b"\r\n")

    def is_over(self) -> bool:
        """Whether nothing is left before the next member, or in the file."""
        return not self.fill(1)

    def find(self) -> None:
        """To where the next record seems to begin, or to the end of what can be read."""
        while at_hand := self.fill(1):
            if found := NEXT.search(self._held, self._used):
                self._move(found.start() - self._used)
                return
            line = self._held.rfind(b"\n", len(self._held) - min(at_hand, LONGEST_LINE))
            self._move((line if line >= 0 else len(self._held) - 1) - self._used)
            left = len(self._held) - self._used
            if self.fill(left + 1) == left:
                self._move(left)

    def _move(self, size: int) -> None:
        self._used += size
        self.position += size

    # Members

    def advance(self) -> bool:
        """Into the member before which reading ended; False at the end of the file; raises `Damaged`."""
        if not self._next and not self._fault:
            return False
        self.begun, self.member = self.position, self._opened
        if self._fault:
            raise Damaged(self._fault)
        self._held, self._used, self._next = self._next, 0, b""
        return True

    def resume(self) -> bool:
        """After damage: into the next member that begins with a record; False where there is none."""
        self.is_torn = True
        start = self._opened + 1
        self.source.at = start if self._may_read_again(self.source.at - start) else max(start, self.source.at)
        while self._find_magic():
            if MEMBER.match(
                glimpse(self.packing or "", self.source.peek(GLIMPSE[self.packing or ""]), self._dictionary)
            ):
                self._restart(self.source.at, self.position)
                return True
            self.source.at += 1
        return False

    def _find_magic(self) -> bool:
        magic = MAGIC[self.packing or ""]
        while len(ahead := self.source.peek(SLICE)) >= len(magic):
            if (found := ahead.find(magic)) >= 0:
                self.source.at += found
                return True
            self.source.at += len(ahead) - len(magic) + 1
        return False

    def _pull(self) -> bytes:
        """The next piece; none before a member that begins with a record, and at the end of the file."""
        if not self.packing:
            return self.source.take(OUT)
        while not self._next and not self._fault:
            if self._unpacker:
                if piece := self._unpacked(self._unpacker):
                    return piece
                self._unpacker = None
            if not self._open():
                return b""
            if piece := self._first():
                return piece
        return b""

    def _open(self) -> bool:
        """The next member; False at the end of the file."""
        while head := self.source.peek(8):
            self._opened = self.source.at
            if self.packing == "zstd" and (length := skippable(head)):
                self.source.at += length
            elif head.startswith(MAGIC[self.packing or ""]):
                self._unpacker = unpacker(self.packing or "", self._dictionary)
                return True
            elif not head.strip(b"\0\r\n"):  # padding
                padding = self.source.take(SLICE)
                self.source.at -= len(padding.lstrip(b"\0\r\n"))
            else:
                self._fault = f"no {self.packing} member begins here"
                return False
        return False

    def _first(self) -> bytes:
        """The first piece of a member; none where it is kept for `advance`, or there is nothing in it."""
        piece = b""
        try:
            while len(piece) < 16 and self._unpacker and (more := self._unpacked(self._unpacker)):
                piece += more
        except Damaged as error:
            self._fault = str(error)
        if self._fault:
            return b""
        if piece and not self._is_fresh and MEMBER.match(piece):
            self._next, piece = piece, b""
        elif piece:
            self.member, self.begun = self._opened, self.position + len(self._held) - self._used
            self._is_fresh = False
        return piece

    def _unpacked(self, unpacker: Unpacker) -> bytes:
        """The next piece of a member; none at its end."""
        while not unpacker.eof:
            data = b""
            if unpacker.hungry:
                is_young = self.source.at - self._opened < FIRST_SLICE
                data = self.source.take(FIRST_SLICE if is_young else SLICE)
                if not data:
                    raise Damaged("cut off")
            piece = unpacker.step(data)
            if unpacker.eof:
                self.source.at -= unpacker.unused
            if piece:
                return piece
        return b""
