"""Records of a WARC or ARC file by their places."""

from collections.abc import Sequence
from contextlib import suppress

from pipeline.archives.heads import MOST_HEAD, Head, broken, read_head
from pipeline.archives.packing import Damaged
from pipeline.archives.places import ArchiveFile
from pipeline.archives.streams import UNPACKED, Stream
from pipeline.errors import Failed
from pipeline.model import CaptureRef, Item
from pipeline.web import because
from pipeline.web.coding import MOST_BYTES

MOST_BLOCK = MOST_BYTES + MOST_HEAD
MOST_HELD = 50_000_000
"""Bytes of payloads that the revisits of a shard wait for, where each would be a way through the whole file."""


class Records:
    """Records of a file by their places; each kind of place has its own way through the file."""

    def __init__(self, file: ArchiveFile, items: Sequence[Item]) -> None:
        self.file = file
        self._end = max((i.ref.offset + i.ref.length for i in items if i.ref.offset < UNPACKED), default=file.size)
        self._streams = dict[tuple[bool, bool], Stream]()
        self._inside = {i.payload for i in items if i.payload and i.payload.offset >= UNPACKED}
        self._held = dict[CaptureRef, tuple[Head, bytes]]()

    def at(self, ref: CaptureRef) -> tuple[Head, bytes]:
        return self._read(self._stream(ref, is_payload=False), ref)

    def payload(self, ref: CaptureRef) -> tuple[Head, bytes]:
        """What a revisit points to, by a range of its own; out of a member of many, all are had in one way through."""
        stream = self._stream(ref, is_payload=True)
        if ref in self._inside:
            self._hold(stream)
        if ref in self._held:
            return self._held[ref]
        if ref.offset < UNPACKED:
            stream.source.end = ref.offset + ref.length
        return self._read(stream, ref)

    def _hold(self, stream: Stream) -> None:
        wanted, self._inside, room = sorted(self._inside, key=lambda ref: ref.offset), set(), MOST_HELD
        for ref in wanted:
            with suppress(Failed, Damaged):  # told when it is asked for
                head, block = self._read(stream, ref)
                room -= len(block)
                if room < 0:
                    return
                self._held[ref] = head, block

    def _stream(self, ref: CaptureRef, *, is_payload: bool) -> Stream:
        is_inside = ref.offset >= UNPACKED
        key = (is_inside, is_payload)
        if key not in self._streams:
            self._streams[key] = Stream(self.file, None if is_inside or is_payload else self._end)
        return self._streams[key]

    def _read(self, stream: Stream, ref: CaptureRef) -> tuple[Head, bytes]:
        stream.go(ref.offset)
        stream.skip_blank()
        head = read_head(stream)
        if head.length > MOST_BLOCK:
            raise because("body too large")
        block = stream.take(max(head.length, 0))
        if len(block) < head.length:
            raise broken(f"its length is wrong: {head.length}")
        return head, block
