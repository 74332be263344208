"""Finds captures again in raw/, by the indexes there, and in the archives that these name."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from pipeline import captures, cdxj
from pipeline.clean.worker import Page
from pipeline.documents import Key, stamp
from pipeline.errors import Failed
from pipeline.identity import capture_of
from pipeline.model import CaptureRef
from pipeline.store import Store

NO_CAPTURE = "no capture in raw/"

Moment = tuple[str, str]


class File(NamedTuple):
    """A WARC file of the bucket; one of captures that lie in an archive has no `size`."""

    began: str  # the second that its run began, where its name says so
    stem: str
    size: int | None
    indexed: bool


def find(store: Store, keys: Iterable[Key]) -> dict[Moment, CaptureRef]:
    """Where the captures of these keys lie; those that raw/ knows no more are left out.

    Indexes are read until all are found, first those of the run that began last before a capture: of a day with
    thousands of them the captures of an hour need a few.
    """
    wanted, found, days = sorted({key.moment for key in keys}), dict[Moment, CaptureRef](), dict[date, set[File]]()
    missing = set(wanted)
    for moment in wanted:
        for day in near(moment):
            if day not in days:
                days[day] = set(files(store, day))
        waiting = [days[day] for day in near(moment)]
        while moment in missing and any(waiting):
            file = max((file for some in waiting for file in some), key=lambda file: (file.began <= moment[0], file))
            for some in waiting:
                some.discard(file)
            for made, ref in read(store, file):
                if made in missing:
                    found[made] = ref
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


def read(store: Store, file: File) -> Iterator[tuple[Moment, CaptureRef]]:
    """The captures of a file."""
    if file.size is not None and file.indexed:
        yield from indexed(store, file.stem, file.size)
    elif file.size is not None:  # the task that wrote the captures died before their index
        key = f"{file.stem}.warc.gz"
        for kept, _ in captures.scan(store.get(key).body, key=key):
            yield (stamp(kept.at), capture_of(kept.record)), kept.ref


def indexed(store: Store, stem: str, size: int) -> Iterator[tuple[Moment, CaptureRef]]:
    """A capture reaches to the next one: the record of its entry stands in between."""
    lines = cdxj.places(store.get(f"{stem}.cdxj").body)
    begins = sorted((place.offset, (second, capture_of(place.record))) for second, place, _ in lines)
    for (offset, moment), (end, _) in pairwise([*begins, (size, ("", ""))]):
        yield moment, CaptureRef(f"{stem}.warc.gz", offset, end - offset)


def page(store: Store, ref: CaptureRef | None, *, from_feed: bool) -> Page:
    """A capture, with the entry after it, as the cleaner takes it; `EntryError` where it can't be had."""
    record = next(captures.records(store.get_range(ref.key, ref.offset, ref.length)), None) if ref else None
    if record is None or record.entry is None:
        raise Failed(NO_CAPTURE)
    return Page(record.capture(), record.entry, from_feed)
