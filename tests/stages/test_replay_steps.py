"""A replay of steps makes the layers anew that are not as the installed steps make them, and no other."""

import dataclasses
from datetime import date

import pytest

from pipeline.errors import UsageError
from pipeline.stages import lift
from pipeline.stages.desk import Desk
from pipeline.steps import all_steps
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import (
    bucket,
    filled,
    play,
    relabel,
)


@pytest.fixture
def desk(folder_store: FolderStore) -> Desk:
    return filled(folder_store)


@pytest.mark.parametrize("start", ["topics", "clean"])
@pytest.mark.parametrize("old", [{"version": 0}, {"model": "a" * 4000}, {"model": "m", "value": [{"id": "x"}]}])
def test_replay_makes_only_the_stale_layer_anew(desk: Desk, start: str, old: dict[str, object]) -> None:
    before = bucket(desk.store, "documents/")
    relabel(desk.store, "topics", **old)
    sums = play(desk, start)
    assert sums.layers == {"topics": 4}
    assert bucket(desk.store, "documents/") == before
    assert play(desk, start).changed == 0


def test_replay_runs_what_depends_on_a_step(desk: Desk) -> None:
    before = bucket(desk.store, "documents/")
    relabel(desk.store, "quotes")
    relabel(desk.store, "summary")
    relabel(desk.store, "topics")
    sums = play(desk, "quotes")
    assert sums.layers == {"quotes": 4, "summary": 4}
    relabel(desk.store, "quotes")
    assert play(desk).layers == {"quotes": 4, "topics": 4}
    assert bucket(desk.store, "documents/") == before


def test_replay_leaves_a_layer_that_a_newer_step_made(desk: Desk) -> None:
    relabel(desk.store, "topics", version=99)
    before = bucket(desk.store)
    assert play(desk).changed == play(desk, "topics").changed == 0
    assert bucket(desk.store) == before


def test_replay_of_a_step_takes_the_documents_of_its_days(desk: Desk) -> None:
    relabel(desk.store, "topics")
    assert play(desk, "topics", date(2026, 11, 23)).changed == 0


def test_replay_names_the_steps_it_does_not_know(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no step is named nothing"):
        play(desk, "nothing")


def test_replay_keeps_the_layer_of_a_step_that_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    relabel(desk.store, "topics", version=0)
    before = bucket(desk.store)

    def broken(_: object) -> None:
        raise ValueError("no vectors")

    steps = tuple(dataclasses.replace(s, run=broken) if s.name == "topics" else s for s in all_steps())
    monkeypatch.setattr(lift, "all_steps", lambda: steps)
    sums = play(desk)
    assert (sums.changed, sums.failed) == (0, {"topics": 4})
    assert bucket(desk.store) == before
