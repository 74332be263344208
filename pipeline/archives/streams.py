"""What an archive's file holds, unpacked, as one flat run of bytes that knows where its members begin.

Memory holds a piece of the file, a piece of what it unpacks to, and what was asked for, however large the file is.
"""

import re
from typing import NamedTuple

from pipeline.archives.members import LONGEST_LINE, MEMBER, RECORD, Members, packing_of
from pipeline.archives.packing import OUT, Damaged, Source
from pipeline.archives.places import PIECE, ArchiveFile

UNPACKED = 10**15
"""Offsets from here on count in what a packed file unpacks to: the way to a record inside of a member."""

AT_MOST_AGAIN = 8
"""Times the size of a file that may be read again because of damage; from then on, reading only goes forward."""

FIRST = 4_096
NEXT = re.compile(rb"(?m)^(?:" + RECORD.pattern + rb")")
BLANK = re.compile(rb"[\r\n]*")


class Mark(NamedTuple):
    """A place to come back to: where its member begins in the file and in what that unpacks to, and its position."""

    member: int
    begun: int
    position: int


class Stream:
    """Reads end before a member that begins with a record, until `advance`: no length reaches beyond."""

    def __init__(self, file: ArchiveFile, end: int | None = None) -> None:
        self.source = Source(file, end)
        packing = packing_of(file)
        self.members = Members(self.source, packing) if packing else None
        self._furthest = file.size
        self._again = 0  # bytes read again
        self.is_torn = False  # whether something was left out, so that `position` says nothing
        self._restart(0, 0)

    def _restart(self, offset: int, position: int) -> None:
        self.source.at = self.member = offset
        self.position = self.begun = position
        self._held, self._used, self._next = b"", 0, b""
        self._is_fresh = True
        if self.members:
            self.members.restart(offset)

    # Places

    def address(self) -> int:
        """Where the record that begins here is found again: an offset in the file, or one from `UNPACKED` on."""
        if not self.members:
            return self.position
        return self.member if self.position == self.begun else UNPACKED + self.position

    def length(self, address: int, end: int) -> int:
        """Bytes from a record's address to a position behind it, which has been read."""
        if self.members and address < UNPACKED:
            return (self.members.offset if self._next or self.members.fault else self.source.at) - address
        return end - address % UNPACKED

    def go(self, address: int) -> None:
        """To a record, by its address."""
        if not self.members or address < UNPACKED:
            self._restart(address, 0 if self.members else address)
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
        return bool(self.members) or self.position + size <= self.source.end

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
        start = mark.member if self.members else mark.position
        if not self._may_read_again(self.source.at - start if self.members else 2 * PIECE):
            return False
        self._restart(start, mark.begun if self.members else mark.position)
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
            if left and not self.members:
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
            size = min(max(FIRST, 4 * size), most)

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
        if not self.members or not (self._next or self.members.fault):
            return False
        self.begun, self.member = self.position, self.members.offset
        if self.members.fault:
            raise Damaged(self.members.fault)
        self._held, self._used, self._next = self._next, 0, b""
        return True

    def resume(self) -> bool:
        """After damage: into the next member that begins with a record; False where there is none."""
        if not self.members:
            return False
        self.is_torn = True
        start = self.members.offset + 1
        self.source.at = start if self._may_read_again(self.source.at - start) else max(start, self.source.at)
        if not self.members.find():
            return False
        self._restart(self.source.at, self.position)
        return True

    def _pull(self) -> bytes:
        """The next piece; none before a member that begins with a record, and at the end of the file."""
        if not self.members:
            return self.source.take(OUT)
        if self._next or self.members.fault:
            return b""
        if piece := self.members.piece():
            return piece
        begins = self.members.open()
        if not self._is_fresh and MEMBER.match(begins):
            self._next = begins
            return b""
        if begins:
            self.member, self.begun = self.members.offset, self.position + len(self._held) - self._used
            self._is_fresh = False
        return begins
