"""The archive of the demo newspapers: a file a day, the same bytes each time, declared as sources are."""

from pathlib import Path

from pipeline.local.demo_archive import DAYS, FIRST, NAME, build, days, of_day
from pipeline.sources.declared import load


def test_demo_archive_is_a_file_a_day_and_the_same_each_time(tmp_path: Path) -> None:
    build(tmp_path / "one")
    build(tmp_path / "other")
    files = sorted((tmp_path / "one").rglob("*.gz"))
    assert len(files) == DAYS == len(list(days()))
    for file in files[::50]:
        assert file.read_bytes() == (tmp_path / "other" / file.relative_to(tmp_path / "one")).read_bytes()


def test_demo_archive_is_declared(tmp_path: Path) -> None:
    declared = tmp_path / "sources.toml"
    declared.write_text(build(tmp_path / "demo-archive"))
    found = load(declared)
    assert found.errors == ()
    assert [(source.name, source.is_archive, source.first) for source in found.sources] == [(NAME, True, FIRST)]


def test_demo_archive_pages_come_again_and_some_have_changed() -> None:
    first = {one.url: one.payload for one in of_day(FIRST)}
    later = {one.url: one.payload for number in (1, 9) for one in of_day(list(days())[number])}
    assert first.keys() <= later.keys()
    assert len({one.at for one in of_day(FIRST)}) == len(first)
