"""A task that wakes up in a closed run, or is cleared there, stops with a sentence and leaves the store as it was."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from pipeline import ledger
from pipeline.cli.ingest import one_run
from pipeline.config import read
from pipeline.errors import RunClosed
from pipeline.local.demo import start_demo
from pipeline.stages import BATCH_STAGES, begin, discover, plan
from pipeline.stages.batch import work
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.publish import close_run, publish
from pipeline.stages.verdict import verdict
from pipeline.store.folder import FolderStore

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """A desk, and a run over the demo that is closed."""
    folder = tmp_path_factory.mktemp("closed")
    with start_demo(folder) as demo:
        path = folder / "sources.toml"
        path.write_text(demo.declared)
        desk = open_desk(read({}), FolderStore((folder / "store").as_uri()), [path], NOW)
        run, complaint = one_run(desk, (), everything=True, take_over=False)
        assert complaint is None
        assert run.outcomes["landed"] > 5
        yield desk, run.run


def everything(desk: Desk) -> dict[str, bytes]:
    return {listed.key: desk.store.get(listed.key).body for listed in desk.store.keys("")}


Task = Callable[[Desk, str], object]

TASKS: dict[str, Task] = {
    "due": lambda desk, run: begin.begin(desk, "ingest manual", run=run),
    "paste": lambda desk, run: discover.paste(desk, run, ["https://tern.example/1"]),
    "discover": lambda desk, run: discover.discover(desk, run, list(desk.sources)),
    "plan": lambda desk, run: plan.plan(desk, run, desk.sources),
    **{stage: lambda desk, run, stage=stage: work(desk, run, "000", stage) for stage in BATCH_STAGES},  # type: ignore[misc]
}


@pytest.mark.parametrize("swept", [False, True], ids=["fresh", "swept"])
@pytest.mark.parametrize("task", TASKS)
def test_closed_a_cleared_task_stops_with_a_sentence_and_harms_nothing(
    closed: tuple[Desk, str], task: str, swept: bool
) -> None:
    desk, run = closed
    before = everything(desk)
    if swept:
        for key in before:
            if key.startswith("work/2"):
                desk.store.delete(key)
    try:
        left = everything(desk)
        with pytest.raises(RunClosed) as raised:
            TASKS[task](desk, run)
        assert str(raised.value) == (
            f"run {run} is closed and its ledger is written: trigger a new run instead of clearing this one"
        )
        assert everything(desk) == left
    finally:
        for key, body in before.items():
            desk.store.put_new(key, body)


def test_closed_publish_and_verdict_say_again_what_they_said(closed: tuple[Desk, str]) -> None:
    """A second try of `publish` comes here too, so it is no error; in Airflow one that was cleared is."""
    desk, run = closed
    before = everything(desk)
    assert publish(desk, run) == ledger.closed(desk.store, run)
    assert verdict(desk, run) is None
    assert everything(desk) == before
    assert not ledger.open_runs(desk.store)


def test_closed_a_run_that_nobody_began_cannot_be_closed(closed: tuple[Desk, str]) -> None:
    desk, _ = closed
    with pytest.raises(RunClosed, match=r"is neither open nor closed in .*: the store was emptied, or is another one"):
        close_run(desk, "20261124T101500Z-0000")
