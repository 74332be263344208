"""`newsroom sources`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import polls
from pipeline.cli.sources import sources
from pipeline.config import read
from pipeline.errors import SourceError, UsageError
from pipeline.model import Entry, Source
from pipeline.stages.desk import open_desk
from pipeline.stages.discover import due
from pipeline.store.folder import FolderStore

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
TERN = Source(name="tern", url="https://ada:hunter2@tern.example/feed.xml", every="1h")
ISLE = Source(name="isle", url="https://isle.example/feed.xml", every="1h")


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text("".join(f'[[source]]\nname = "{one.name}"\nurl = "{one.url}"\n' for one in (TERN, ISLE)))
    return path


@pytest.fixture
def polled(folder_store: FolderStore) -> FolderStore:
    """`tern` fails, `isle` was never polled, `gone` is no longer declared and has an entry that waits."""
    poll = polls.Poll(run="20260309T120000Z-ab12", at=NOON, status=503, reason="server error: 503")
    polls.update(folder_store, "tern", lambda state: polls.take_failure(state, TERN, NOON, poll))
    gone = Source(name="gone", url="https://gone.example/", kind="feed")
    entry = Entry(source="gone", url="https://gone.example/a")
    fine = polls.Poll(run="20260309T120000Z-ab12", at=NOON, status=200)
    polls.update(folder_store, "gone", lambda state: polls.take_offer(state, gone, [entry], NOON, fine))
    return folder_store


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(sources, [str(each) for each in arguments], env={"COLUMNS": "200"})


def test_sources_check_counts_what_is_right(declared: Path) -> None:
    result = run("check", "--sources", declared, "--store", declared.with_name("store").as_uri())
    assert (result.exit_code, result.stdout) == (0, "2 sources are right, 0 errors\n")


def test_sources_check_fails_with_a_line_for_each_error(declared: Path) -> None:
    with declared.open("a") as file:
        file.write('[[source]]\nname = "x"\nurl = "https://x.example/"\nkind = "pigeon"\ncolour = 1\n')
    result = run("check", "--sources", declared, "--store", declared.with_name("store").as_uri())
    assert (result.exit_code, result.stdout) == (1, "2 sources are right, 2 errors\n")
    lines = result.stderr.splitlines()
    assert [line.startswith(f"newsroom: {declared}: source x: ") for line in lines] == [True, True]
    assert json.loads(run("check", "--sources", declared, "--json").stdout)["sources"] == ["tern", "isle"]


def test_sources_check_of_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    assert isinstance(run("check", "--sources", tmp_path / "nowhere.toml").exception, SourceError)


def test_sources_list_tells_how_each_fares(declared: Path, polled: FolderStore) -> None:
    result = run("list", "--sources", declared, "--store", polled.url, "--json")
    tern, isle, gone = map(json.loads, result.stdout.splitlines())
    assert (tern["failing"], tern["reason"], tern["pending"]) == (1, "server error: 503", 0)
    assert (tern["last_poll"], tern["due_at"] > "2026-03-09T13:00:00Z") == ("2026-03-09T12:00:00Z", True)
    assert tern["url"] == "https://***@tern.example/feed.xml"
    assert (isle["last_poll"], isle["declared"]) == (None, True)
    assert (gone["declared"], gone["pending"]) == (False, 1)


def test_sources_list_is_a_table_for_people(declared: Path, polled: FolderStore) -> None:
    result = run("list", "--sources", declared, "--store", polled.url)
    assert result.exit_code == 0
    assert "failing, 1 ×" in result.stdout
    assert "tern: server error: 503" in result.stdout
    assert "gone: is no longer declared" in result.stdout
    assert "hunter2" not in result.stdout


def test_sources_list_says_what_an_archive_is_and_no_run_polls_it(declared: Path, folder_store: FolderStore) -> None:
    with declared.open("a") as file:
        file.write(
            '[[source]]\nname = "rolls"\nurl = "s3://b/{yyyy}/"\nkind = "warc"\nfrom = 2019-01-01\nto = 2019-12-31\n'
        )
    where = ("--sources", declared, "--store", folder_store.url)
    assert "archive" in (line := next(n for n in run("list", *where).stdout.splitlines() if "rolls" in n))
    assert "2019-01-01 to 2019-12-31" in line
    told = {one["name"]: one["archive"] for one in map(json.loads, run("list", *where, "--json").stdout.splitlines())}
    assert told == {"tern": None, "isle": None, "rolls": {"from": "2019-01-01", "to": "2019-12-31"}}
    desk = open_desk(read({}), folder_store, [declared], NOON)
    assert desk.queues == ("tern", "isle", "pasted")
    assert due(desk, "") == ["isle", "tern"]
    with pytest.raises(UsageError, match="rolls is an archive, which is not polled: the DAG archive_rolls"):
        due(desk, "", ["rolls"])
