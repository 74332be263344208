"""What `newsroom replay` prints."""

import json

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import newsroom
from pipeline.errors import NewsroomError, UsageError
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import COUNTER, bucket, filled, raise_rules


def run(store: FolderStore, *arguments: str) -> Result:
    return CliRunner().invoke(newsroom, ["replay", "--date", "2026-11-22", "--store", store.url, *arguments])


@pytest.fixture
def changed(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    """A store whose documents were made before the rules changed."""
    filled(folder_store)
    raise_rules(monkeypatch)
    return folder_store


def test_replay_dry_run_counts_and_shows_and_writes_nothing(changed: FolderStore) -> None:
    before = bucket(changed)
    said = run(changed, "--dry-run").stdout.splitlines()
    assert f"- {COUNTER.format(4)}" in said
    assert "2 articles with 6 captures: 2 change" in said
    assert "  versions: 4 before, 3 after" in said
    assert said[-1] == "nothing is written: --dry-run"
    assert bucket(changed) == before


def test_replay_says_the_same_and_writes(changed: FolderStore) -> None:
    dry = run(changed, "--dry-run").stdout.splitlines()
    wet = run(changed).stdout.splitlines()
    assert wet[:-1] == dry[:-1]
    assert wet[-1].startswith("written: run 2")
    assert run(changed).stdout.startswith("nothing to take: nothing of these days is stale")
    assert run(changed, "--from", "clean").stdout == "2 articles with 6 captures: 0 change\n"


def test_replay_json_is_the_sums(changed: FolderStore) -> None:
    (line,) = run(changed, "--json", "--to", "2026-11-24").stdout.splitlines()
    sums = json.loads(line)
    assert (sums["articles"], sums["changed"], sums["texts"]) == (2, 2, 2)
    assert sums["examples"][0]["before"]["version"] != sums["examples"][0]["after"]["version"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "soon"), "not a day such as 2026-11-22: 'soon'"),
        (("--to", "2026-11-21"), "ends before it begins"),
        (("--from", "nothing"), "no step is named nothing"),
    ],
)
def test_replay_says_what_is_wrong(folder_store: FolderStore, arguments: tuple[str, ...], said: str) -> None:
    error = run(folder_store, *arguments).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_replay_fails_where_rules_changed_under_their_number(
    folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder_store)
    raise_rules(monkeypatch, number=1)
    result = run(folder_store, "--from", "clean")
    assert isinstance(result.exception, NewsroomError)
    assert "raise RULES" in str(result.exception)
