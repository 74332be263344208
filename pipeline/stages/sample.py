"""A sample of what an archive holds, and what it says of the whole, with its error. The store is only read."""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import nlargest
from math import sqrt
from statistics import fmean, pstdev
from typing import NamedTuple

from msgspec import Struct

from pipeline.archives import indexes
from pipeline.archives.indexes import Unit, Wanted
from pipeline.model import Item
from pipeline.store import Store

UNITS = 16
"""Units that are looked into; of more, so many are drawn by their bytes."""

BEGINNING = 16_000_000
"""Bytes of a large file that are looked into, some hundred pages."""

TOGETHER = 200
"""Files that are looked into of a unit that has many."""

RECORDS = 96
"""Records that are tried: some ten seconds."""


class About(Struct, frozen=True):
    """An estimate, and its error: two standard errors."""

    number: float
    error: float


class Look(NamedTuple):
    """What a unit holds of what was asked for, by the `share` of it that was read; an item may be a repeat.

    `seconds` of CPU were taken by reading; `doubt` is the relative standard error of the number of records.
    """

    items: list[tuple[Item, bool]]
    share: float
    seconds: float
    doubt: float

    @property
    def records(self) -> float:
        return len(self.items) / self.share


class Draw(NamedTuple):
    """A part of the sample, with the records of the whole and the CPU seconds to index them as it has them.

    `weight` is that in the mean of all draws.
    """

    records: float
    reading: float
    weight: float
    items: list[tuple[Item, bool]]


class Sample(NamedTuple):
    """The draws; `examined` is the share of all records that they hold, `doubt` the standard error of their number."""

    draws: list[Draw]
    looked_into: int
    cut: int
    examined: float = 0
    doubt: float = 0

    @property
    def size(self) -> int:
        return sum(len(draw.items) for draw in self.draws)


def draw(store: Store, asked: Wanted, units: Sequence[Unit], rng: random.Random) -> Sample:
    """Records of all units where these are few, else of some that are drawn by their bytes, with replacement."""
    chosen = list(units)
    if len(units) > UNITS:
        chosen = rng.choices(units, [weight(unit) for unit in units], k=UNITS)
    looks = {unit.id: look(store, asked, unit, rng) for unit in {one.id: one for one in chosen}.values()}
    cut = sum(one.share < 1 for one in looks.values())
    if len(units) <= UNITS:
        return of_all(list(looks.values()), cut, rng)
    total, draws = sum(map(weight, units)), []
    for unit in chosen:
        one, scale = looks[unit.id], total / weight(unit)
        some = rng.sample(one.items, min(RECORDS // UNITS, len(one.items)))
        draws.append(Draw(one.records * scale, one.seconds / one.share * scale, 1 / UNITS, some))
    return Sample(draws, len(looks), cut)


def of_all(looks: Sequence[Look], cut: int, rng: random.Random) -> Sample:
    """Records over all units, parted by chance: how the parts differ tells the error."""
    pool = [(item, 1 / one.share) for one in looks for item in one.items]
    # By weight, and none twice: those of the largest random ** (1 / weight).
    some = [item for item, _ in nlargest(RECORDS, pool, key=lambda one: rng.random() ** (1 / one[1]))]
    records = sum(one.records for one in looks)
    reading = sum(one.seconds / one.share for one in looks)
    parts = [part for at in range(UNITS) if (part := some[at::UNITS])]
    draws = [Draw(records, reading, len(part) / len(some), part) for part in parts] or [Draw(0, reading, 1, [])]
    doubt = sqrt(sum((one.records * one.doubt) ** 2 for one in looks))
    return Sample(draws, len(looks), cut, min(len(some) / max(records, 1), 1), doubt)


def look(store: Store, asked: Wanted, unit: Unit, rng: random.Random) -> Look:
    """What a unit holds: by its index where that is made, else by its first bytes, or by some of its files."""
    began = time.process_time()
    if made := indexes.indexed(store, unit):
        return Look(once(indexes.of_unit(store, asked, unit, made)), 1, 0, 0)
    some = sorted(rng.sample(unit.files, min(TOGETHER, len(unit.files))), key=lambda file: file.path)
    share = len(some) / len(unit.files)
    if len(some) == 1 and some[0].size > BEGINNING:
        share = BEGINNING / some[0].size
        found = [list(indexes.held(replace(some[0], size=BEGINNING)))]
        if found[0] and found[0][-1].broken:
            found[0].pop()  # it was we who cut it
    else:
        found = [list(indexes.held(file)) for file in some]
    alike = [float(item.ref.length) for item in found[0]] if len(found) == 1 else [float(len(held)) for held in found]
    doubt = pstdev(alike) / fmean(alike) * sqrt((1 - share) / len(alike)) if any(alike) else 1 - share
    items = once(item for held in found for item in held if unit.day or asked.has(item.at.date()))
    return Look(items, share, time.process_time() - began, doubt)


def once(items: Iterable[Item]) -> list[tuple[Item, bool]]:
    """With each whether it repeats what was captured of its URL before."""
    seen, found = set[tuple[str, str]](), []
    for item in items:
        said = (item.url or item.record, item.digest)
        found.append((item, item.payload is not None or bool(item.digest and said in seen)))
        seen.add(said)
    return found


def weight(unit: Unit) -> int:
    return sum(file.size for file in unit.files) + 1


# What it says of the whole


def about(sample: Sample, sums: Sequence[float], *, exact: bool = True) -> About:
    """The total of what the records of each draw have in sum; `exact` where all records tell it without an error."""
    totals = [
        one.records * number / len(one.items) if one.items else 0.0
        for one, number in zip(sample.draws, sums, strict=True)
    ]
    return whole(sample, totals, 1 - sample.examined if exact else 1)


def reading(sample: Sample) -> About:
    """CPU seconds to index the archive, by those that the sample took."""
    return whole(sample, [one.reading for one in sample.draws], 1)


def whole(sample: Sample, totals: Sequence[float], unseen: float) -> About:
    weighted = list(zip((one.weight for one in sample.draws), totals, strict=True))
    mean = sum(weight * total for weight, total in weighted)
    spread = sum(weight * (total - mean) ** 2 for weight, total in weighted)
    records = sum(one.weight * one.records for one in sample.draws)
    doubt = mean * sample.doubt / records if records else 0.0
    variance = spread / (len(totals) - 1) * unseen if len(totals) > 1 else 0.0
    return About(mean, 2 * sqrt(variance + doubt**2))


def share(sample: Sample, sums: Sequence[float]) -> About:
    """As `about`, of how many records are of a kind: of what so few show, one in thirty may be missing or too many."""
    found = about(sample, sums)
    records = about(sample, [float(len(one.items)) for one in sample.draws]).number
    least = 3 / sample.size * records * (1 - sample.examined) if sample.size else 0.0
    return About(found.number, max(found.error, least))
