"""The index of an archive: made once, in one pass over each file, as CDXJ by day of capture under raw/.

`raw/date=D/archive-{unit}.cdxj`, and `raw/archives/{unit}.json` once all days of a unit are there. A unit is one large
file, or pages of a folder together.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from itertools import chain, groupby

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipeline import archives
from pipeline.archives import KINDS, SIDECARS, format_of, sidecars
from pipeline.archives.beginnings import told_by
from pipeline.archives.index_lines import Where, item_of, line, said_in
from pipeline.archives.places import ArchiveFile, days_said, files, is_dated
from pipeline.archives.revisits import NOT_HERE
from pipeline.errors import NotFound, SourceError
from pipeline.model import Item, Source
from pipeline.store import Store, read_json

TOGETHER = 2_000
"""Pages of a folder that one unit holds: an index for each would be a write more for each."""

ASKERS = 16
"""Threads that wait for the store."""

MOST_DAYS = 1_000
"""Days that are looked for one by one, at a listing each; of more it is first asked which there are."""

SINGLE = ("warc", "lines")
"""Formats whose files hold many things, so that each is a unit."""


class Unit(Struct, frozen=True):
    """Files that are indexed together, and the day that their path says."""

    id: str
    files: tuple[ArchiveFile, ...]
    day: date | None = None


class Indexed(Struct, frozen=True):
    """What the index of a unit holds: things by day, and how many of them have their payload in another file."""

    files: list[str]
    days: dict[date, int]
    apart: int = 0


class Wanted(Struct, frozen=True, kw_only=True):
    """What of an archive is asked for: places, formats, and the first and last day; None: all days."""

    source: str
    places: tuple[str, ...]
    formats: tuple[str, ...] = tuple(archives.FORMATS)
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, source: Source, first: date | None, last: date | None) -> "Wanted":
        """A declared archive, within its own days."""
        return cls(
            source=source.name,
            places=(source.url,),
            formats=KINDS[source.kind],
            first=max(filter(None, (first, source.first)), default=None),
            last=min(filter(None, (last, source.last)), default=None),
        )

    def has(self, day: date) -> bool:
        return (self.first or day) <= day <= (self.last or day)


EVERY = Wanted(source="", places=())


def units(store: Store, wanted: Wanted) -> Iterator[Unit]:
    """The units of all places, in the order of their paths; where these say the day, those of other days stay out."""
    for place in wanted.places:
        if is_dated(place) and (wanted.first or wanted.last):
            for day in days_of(place, store, wanted):
                yield from united(files(place, store, day), wanted, place, day)
        else:
            yield from united(files(place, store), wanted, place, None)


def days_of(place: str, store: Store, wanted: Wanted) -> Iterable[date]:
    """The days that were asked for of a place whose path says them: of many, or without an end, those that it has."""
    if wanted.first and wanted.last and (wanted.last - wanted.first).days < MOST_DAYS:
        return (date.fromordinal(n) for n in range(wanted.first.toordinal(), wanted.last.toordinal() + 1))
    return filter(wanted.has, days_said(place, store))


def united(found: Iterable[ArchiveFile], wanted: Wanted, place: str, day: date | None) -> Iterator[Unit]:
    """Files as units. A file that is named itself is read whatever it is called, and may be found to be broken."""
    together: list[ArchiveFile] = []
    listed = list(found)
    stems = {file.path.rpartition(".")[0] for file in listed if format_of(file.path) == "pages"}
    beside, tables = dict[str, ArchiveFile](), list[ArchiveFile]()
    for file in listed:
        name = file.path.rpartition("/")[2]
        if name in SIDECARS:
            tables.append(file)
            continue
        if file.path.endswith(".json") and (stem := file.path.removesuffix(".json")) in stems:
            beside[stem] = file
            continue
        is_named = len(listed) == 1 and place.endswith(file.path)
        kind = format_of(file.path) or (kind_of(file) if is_named or "." not in name else None)
        if (kind or (is_named and "warc")) not in wanted.formats:
            continue
        if kind in (*SINGLE, None):
            yield unit([file], day)
        else:
            together.append(file)
    for at in range(0, len(together), TOGETHER):
        some = together[at : at + TOGETHER]
        own = (beside[stem] for file in some if (stem := file.path.rpartition(".")[0]) in beside)
        yield unit(some, day, (*tables, *own))


def kind_of(file: ArchiveFile) -> str | None:
    """The format by the first bytes; raises `SourceError` where they cannot be read."""
    try:
        return told_by(file)
    except (OSError, NotFound) as error:
        raise SourceError(f"archive {file.url}: {error}") from error


def unit(some: Sequence[ArchiveFile], day: date | None, beside: Iterable[ArchiveFile] = ()) -> Unit:
    """Files under an id that is another once they, or what stands beside them, change."""
    parts = (part for file in (*some, *beside) for part in (file.url, file.path, file.version))
    said = "\0".join([*parts, str(day)]).encode("utf-8", "surrogatepass")
    return Unit(hashlib.sha256(said).hexdigest()[:16], tuple(some), day)


def marker(unit: str) -> str:
    return f"raw/archives/{unit}.json"


def index_key(day: date, unit: str) -> str:
    return f"raw/date={day}/archive-{unit}.cdxj"


def indexed(store: Store, unit: Unit) -> Indexed | None:
    """What the index of a unit holds; None while it is not made in full."""
    return read_json(store, marker(unit.id), Indexed)


def known(store: Store, units: Sequence[Unit]) -> Iterator[tuple[Unit, Indexed | None]]:
    """Units with what their index holds: each day of an archive asks that of all its files, so several at a time."""
    with ThreadPoolExecutor(ASKERS) as pool:
        yield from zip(units, pool.map(partial(indexed, store), units), strict=True)


def make(store: Store, unit: Unit) -> Indexed:
    """Indexes a unit unless that was done; a second try writes the same."""
    if found := indexed(store, unit):
        return found
    sidecars.table.cache_clear()  # one may have changed while this process lives
    by_day, apart = defaultdict[date, list[bytes]](list), 0
    for item in (item for file in unit.files for item in held(file)):
        by_day[item.at.date()].append(line(item))
        apart += item.broken == NOT_HERE
    for day, lines in sorted(by_day.items()):
        store.put(index_key(day, unit.id), b"".join(sorted(lines)))
    days = {day: len(lines) for day, lines in sorted(by_day.items())}
    made = Indexed([file.url for file in unit.files], days, apart)
    store.put_new(marker(unit.id), msgspec.json.encode(made))
    return made


def held(file: ArchiveFile) -> Iterator[Item]:
    """What a file holds; raises `SourceError` where it cannot be read."""
    try:
        yield from archives.reader(file).index(file)
    except (OSError, NotFound) as error:
        raise SourceError(f"archive {file.url}: {error}") from error


def items(store: Store, wanted: Wanted, told: Callable[[Unit], None] = lambda _: None) -> Iterator[Item]:
    """What was asked for, indexed where it was not, unit after unit, in the order of its files."""
    for _, some in groupby(units(store, wanted), key=lambda unit: unit.day):
        made = []
        for one, days in known(store, list(some)):
            if days is None:
                told(one)
            made.append((one, days or make(store, one)))
        payloads = elsewhere(store, wanted, made)
        for one, days in made:
            for item in of_unit(store, wanted, one, days):
                yield joined(item, payloads.get(item.digest)) if item.broken == NOT_HERE else item


def elsewhere(store: Store, wanted: Wanted, made: Sequence[tuple[Unit, Indexed]]) -> dict[str, Item]:
    """The payloads that revisits have in another file, by digest: of the days that they name, else of any at hand."""
    asked, told, found = set[str](), set[date | None](), dict[str, Item]()
    for one, days in made:
        for item in of_unit(store, wanted, one, days) if days.apart else ():
            if item.broken == NOT_HERE and item.digest:
                asked.add(item.digest)
                told.add(item.refers)
    near = chain(made, of_other_days(store, wanted, told - {one.day for one, _ in made}))
    narrow = ((one, replace(days, days={d: n for d, n in days.days.items() if d in told})) for one, days in near)
    for one, days in chain(narrow, made):
        if asked <= found.keys():
            break
        for item in of_unit(store, EVERY, one, days):
            if item.digest in asked and item.broken is None:
                found.setdefault(item.digest, item)
    return found


def of_other_days(store: Store, wanted: Wanted, days: set[date | None]) -> Iterator[tuple[Unit, Indexed]]:
    """What a path that says the day has of others, also before the first that was asked for."""
    places = tuple(filter(is_dated, wanted.places))
    for day in sorted(filter(None, days)):
        for one in units(store, replace(wanted, places=places, first=day, last=day)):
            yield one, make(store, one)


def joined(item: Item, original: Item | None) -> Item:
    """A revisit with its payload, where that was found."""
    if original is None:
        return item
    status = original.status if item.status in (0, 304) else item.status
    payload = original.payload or original.ref
    there = original.payload_digest if original.payload else original.digest
    return replace(item, payload=payload, payload_digest=there, status=status, mime=original.mime, broken=None)


def of_unit(store: Store, wanted: Wanted, unit: Unit, made: Indexed) -> Iterator[Item]:
    """What was asked for of a unit, by its index, in the order of its files; memory holds its lines, no items."""
    order = {file.url: number for number, file in enumerate(unit.files)}
    found = list[tuple[int, int, bytes]]()
    for day in made.days:
        if unit.day or wanted.has(day):
            for line in store.get(index_key(day, unit.id)).body.splitlines():
                where = msgspec.json.decode(said_in(line), type=Where, strict=False)
                found.append((order[where.filename], where.offset, line))
    return (item_of(line) for _, _, line in sorted(found))
