"""A dry run: what a sample says of an archive covers what is true of it, as often as its error promises."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.archives import indexes
from pipeline.archives.indexes import Wanted
from pipeline.config import read
from pipeline.model import Item
from pipeline.stages import archive, forecast, sample
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.sample import About
from pipeline.store.folder import FolderStore

START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = ("kivuko", "bandari", "waziri", "alisema", "baraza", "bajeti", "daraja", "kisiwa", "dhoruba", "ripoti")


def line(number: int, chance: random.Random) -> str:
    """One in eight is broken, one in eight says nothing; Swahili has no parse, so that a document costs little."""
    kind = chance.random()
    if kind < 1 / 8:
        return '{"html": '
    text = "\n".join(" ".join(chance.choices(WORDS, k=chance.randint(30, 90))) for _ in range(chance.randint(2, 9)))
    at = START + timedelta(minutes=20 * number)
    page = f"<html><body><article><p>{text if kind > 1 / 4 else ''}</p></article></body></html>"
    return json.dumps({"url": f"https://habari.example/{number}", "captured_at": at.isoformat(), "html": page})


def made(folder: Path, files: int, records: int) -> Wanted:
    """An archive of files of quite different lengths."""
    chance, number = random.Random(files), 0
    folder.mkdir()
    for name in range(files):
        share = chance.randint(1, 2 * records // files - 1) if files > 1 else records
        lines = [line(number + at, chance) for at in range(share)]
        number += share
        (folder / f"{name:03}.jsonl").write_text("\n".join(lines))
    return Wanted(source="archive", places=(str(folder),))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(read({}), FolderStore(f"file://{tmp_path}/store"), now=START)


def held(desk: Desk, asked: Wanted) -> list[Item]:
    return [item for unit in indexes.units(desk.store, asked) for file in unit.files for item in indexes.held(file)]


def covers(found: About, truth: float) -> bool:
    return abs(found.number - truth) <= found.error + 1e-6


def is_broken(item: Item) -> float:
    return float(item.broken is not None)


def length(item: Item) -> float:
    return float(item.ref.length)


@pytest.mark.parametrize("files", [1, 40])
@pytest.mark.parametrize("of", [is_broken, length])
def test_the_error_holds_for_nine_of_ten_samples(
    tmp_path: Path, desk: Desk, files: int, of: Callable[[Item], float]
) -> None:
    asked = made(tmp_path / "archive", files, 1600)
    units = list(indexes.units(desk.store, asked))
    items = list(indexes.items(desk.store, asked))
    truth, right, wide = sum(map(of, items)), 0, 0.0
    for seed in range(100):
        drawn = sample.draw(desk.store, asked, units, random.Random(seed))
        found = sample.about(drawn, [sum(of(item) for item, _ in one.items) for one in drawn.draws])
        right += covers(found, truth)
        wide = max(wide, found.error)
    assert right >= 85
    assert wide < truth


def test_a_file_of_which_the_beginning_is_read_has_an_error_for_the_rest(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "BEGINNING", 1_000_000)
    right = 0
    for number in range(10):
        asked = made(tmp_path / str(number), 1, 2500 + number)
        drawn = sample.draw(desk.store, asked, list(indexes.units(desk.store, asked)), random.Random(number))
        assert drawn.cut == 1
        found = sample.about(drawn, [float(len(one.items)) for one in drawn.draws])
        assert 0 < found.error < 500
        right += covers(found, 2500 + number)
    assert right >= 8


def test_what_a_few_hundred_records_become_is_told_within_the_error_and_nothing_is_written(
    tmp_path: Path, desk: Desk
) -> None:
    asked = made(tmp_path / "archive", 1, 400)
    told = [forecast.forecast(desk, asked, 2, seed) for seed in (1, 2, 3)]
    assert not (tmp_path / "store").exists()
    run = archive.begin(desk, "test")
    outcomes = [one for name in archive.plan(desk, run, asked) for one in archive.shard(desk, run, name)]
    landed = Counter(one.outcome for one in outcomes)["landed"]
    size = sum(one.size for one in desk.store.keys("documents/"))
    for found in told:
        assert found.records == About(400, 0)
        assert covers(found.articles, landed)
        assert covers(found.written["documents"], size)
        assert set(found.outcomes) == {"landed", "failed: broken record", "rejected: empty"}
        assert 0 < found.cpu_seconds.error < found.cpu_seconds.number
    again = forecast.forecast(desk, asked, 2, 1)
    assert covers(again.outcomes["unchanged"], landed)
    assert again.articles.number == 0


def test_of_few_records_all_are_tried_and_the_numbers_are_exact(tmp_path: Path, desk: Desk) -> None:
    asked = made(tmp_path / "archive", 2, 40)
    items = held(desk, asked)
    found = forecast.forecast(desk, asked, 1)
    assert found.records == About(len(items), 0)
    assert found.outcomes["failed: broken record"] == About(sum(map(is_broken, items)), 0)
    assert "nothing was written" in found.told()


def test_days_that_were_not_asked_for_do_not_count(tmp_path: Path, desk: Desk) -> None:
    asked = made(tmp_path / "archive", 1, 300)
    day = date(2026, 3, 2)
    few = Wanted(source="archive", places=asked.places, first=day, last=day)
    here = sum(item.at.date() == day for item in held(desk, asked))
    assert forecast.forecast(desk, few, 1).records == About(here, 0)


def test_an_archive_that_holds_nothing_is_told_too(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "archive").mkdir()
    found = forecast.forecast(desk, Wanted(source="archive", places=(str(tmp_path / "archive"),)))
    assert found.records == About(0, 0)
    assert "records: 0" in found.told()
