"""Finds captures again in raw/, by the indexes there, and in the archives that these name."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

import msgspec

from pipeline import archives, captures, cdxj
from pipeline.archives.index_lines import item_of
from pipeline.clean.worker import Page
from pipeline.documents import Key, stamp
from pipeline.errors import EntryError, Failed
from pipeline.identity import capture_of
from pipeline.model import Capture, CaptureRef, Entry, Item
from pipeline.store import Store

NO_CAPTURE = "no capture in raw/"

Moment = tuple[str, str]


class File(NamedTuple):
    """A WARC file of the bucket with its index; where the captures lie in an archive it is the index alone."""

    began: str  # the second that its run began, where its name says so
    stem: str
    size: int | None
    indexed: bool


def find(store: Store, keys: Iterable[Key]) -> dict[Moment, CaptureRef | Item]:
    """Where the captures of these keys lie; those that raw/ knows no more are left out.

    Indexes are read until all are found, first those of the run that began last before a capture: of a day with
    thousands of them the captures of an hour need a few.
    """
    missing = {key.moment for key in keys}
    found, days = dict[Moment, CaptureRef | Item](), dict[date, set[File]]()
    for moment in sorted(missing):
        for day in near(moment):
            if day not in days:
                days[day] = set(files(store, day))
        waiting = [days[day] for day in near(moment)]
        while moment in missing and any(waiting):
            file = max((file for some in waiting for file in some), key=lambda file: (file.began <= moment[0], file))
            for some in waiting:
                some.discard(file)
            for made, place in read(store, file):
                if made in missing:
                    found[made] = item_of(place) if isinstance(place, bytes) else place
                    missing.discard(made)
    return found


def near(moment: Moment) -> tuple[date, date]:
    """A capture lies under the day that its run began: its own, or the one before."""
    made = date.fromisoformat(moment[0][:8])
    return made, made - timedelta(days=1)


def files(store: Store, day: date) -> Iterator[File]:
    """What holds captures of articles among the files of a day."""
    sizes = {listed.key: listed.size for listed in store.keys(f"raw/date={day}/") if "-poll-" not in listed.key}
    for stem in {key.removesuffix(".warc.gz").removesuffix(".cdxj") for key in sizes}:
        began = stem.rpartition("/")[2][:16]
        yield File(began, stem, sizes.get(f"{stem}.warc.gz"), f"{stem}.cdxj" in sizes)


def read(store: Store, file: File) -> Iterator[tuple[Moment, CaptureRef | bytes]]:
    """The captures of a file; of an archive the line of its index."""
    if file.size is None:
        for second, place, line in cdxj.places(store.get(f"{file.stem}.cdxj").body):
            yield (second, capture_of(place.record)), line
    elif file.indexed:
        yield from indexed(store, file.stem, file.size)
    else:  # the task that wrote the captures died before their index
        key = f"{file.stem}.warc.gz"
        for kept, _ in captures.scan(store.get(key).body, key=key):
            yield (stamp(kept.at), capture_of(kept.record)), kept.ref


def indexed(store: Store, stem: str, size: int) -> Iterator[tuple[Moment, CaptureRef]]:
    """A capture reaches to the next one: the record of its entry stands in between."""
    lines = cdxj.places(store.get(f"{stem}.cdxj").body)
    begins = sorted((place.offset, (second, capture_of(place.record))) for second, place, _ in lines)
    for (offset, moment), (end, _) in pairwise([*begins, (size, ("", ""))]):
        yield moment, CaptureRef(f"{stem}.warc.gz", offset, end - offset)


class Pages:
    """The captures of some keys, each with the source that its document names, as the cleaner takes them.

    Those of archives are read at once, in the order of their files, as some can be read from their beginning alone;
    they wait in a temporary file.
    """

    def __init__(self, store: Store, keys: Mapping[Key, str]) -> None:
        self.store, self.places = store, find(store, keys)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the pages
        self.waiting = dict[Moment, tuple[int, int] | EntryError]()
        found = [(source, key.moment, self.places.get(key.moment)) for key, source in keys.items()]
        items = [(source, moment, place) for source, moment, place in found if isinstance(place, Item)]
        items.sort(key=lambda one: (one[0], one[2].ref.key, one[2].ref.offset))
        for source, some in groupby(items, key=lambda one: one[0]):
            wanted = list(some)
            answers = archives.read(store, [item for _, _, item in wanted], source)
            for (_, moment, _), answer in zip(wanted, answers, strict=True):
                self.waiting[moment] = answer if isinstance(answer, EntryError) else self.keep(answer)

    def keep(self, page: Page) -> tuple[int, int]:
        begin = self.file.seek(0, 2)
        return begin, self.file.write(msgspec.msgpack.encode(page))

    def get(self, key: Key) -> Page:
        """The capture of a key; `EntryError` where it can't be had."""
        place, waiting = self.places.get(key.moment), self.waiting.get(key.moment)
        if isinstance(waiting, EntryError):
            raise waiting
        if waiting:
            self.file.seek(waiting[0])
            made = msgspec.msgpack.decode(self.file.read(waiting[1]), type=tuple[Capture, Entry, bool])
            return Page(*made)
        if not isinstance(place, CaptureRef):
            raise Failed(NO_CAPTURE)
        found = self.store.get_range(place.key, place.offset, place.length)
        record = next(captures.records(found), None)
        if record is None or record.entry is None:
            raise Failed(NO_CAPTURE)
        return Page(record.capture(), record.entry, key.is_feed)
