"""Finds the capture of a key again in raw/, by the indexes of the WARC files there."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from pipeline import captures, cdxj
from pipeline.captures import Record
from pipeline.documents import Key, stamp
from pipeline.identity import capture_of
from pipeline.model import CaptureRef
from pipeline.store import Store


class Raw:
    """The captures of the bucket by the second that they were made in; a day's indexes are read when first asked for.

    Several captures of one second are told apart by their record, which is read once.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._days: set[date] = set()
        self._by_second = defaultdict[str, list[CaptureRef]](list)
        self._by_capture: dict[tuple[str, str], CaptureRef] = {}

    def find(self, key: Key) -> Record | None:
        """The capture of the key with the entry after it; None where raw/ has it no more."""
        self._look(date.fromisoformat(key.captured[:8]))
        if known := self._by_capture.get(key.moment):
            return self._record(known)
        waiting = self._by_second[key.captured]
        while waiting:
            ref = waiting.pop()
            record = self._record(ref)
            if record:
                self._by_capture[key.captured, capture_of(record.record)] = ref
                if capture_of(record.record) == key.capture:
                    return record
        return None

    def _record(self, ref: CaptureRef) -> Record | None:
        return next(captures.records(self.store.get_range(ref.key, ref.offset, ref.length)), None)

    def _look(self, made: date) -> None:
        """A capture lies under the day that its run began: its own, or the one before."""
        for day in {made, made - timedelta(days=1)} - self._days:
            self._days.add(day)
            sizes = {listed.key: listed.size for listed in self.store.keys(f"raw/date={day}/")}
            for key in sizes:
                if key.endswith(".warc.gz") and "-poll-" not in key:
                    self._take(key, sizes[key], f"{key.removesuffix('.warc.gz')}.cdxj" in sizes)

    def _take(self, key: str, size: int, indexed: bool) -> None:
        for second, ref in self._indexed(key, size) if indexed else self._scanned(key):
            self._by_second[second].append(ref)

    def _indexed(self, key: str, size: int) -> Iterator[tuple[str, CaptureRef]]:
        """A capture reaches to the next one: the record of its entry stands in between."""
        index = self.store.get(f"{key.removesuffix('.warc.gz')}.cdxj").body
        found = sorted(cdxj.places(index))
        for (offset, second), (end, _) in pairwise([*found, (size, "")]):
            yield second, CaptureRef(key, offset, end - offset)

    def _scanned(self, key: str) -> Iterator[tuple[str, CaptureRef]]:
        """The task that wrote the captures died before their index."""
        for kept, _ in captures.scan(self.store.get(key).body, key=key):
            yield stamp(kept.at), kept.ref
