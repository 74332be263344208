"""A ledger that does not add up is told, source by source; each kind of loss shows."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from pipeline import audit, batches, ledger, polls, queue
from pipeline.ledger import Run, SourceSum
from pipeline.model import Entry, Outcome, Source, Taken
from pipeline.polls import Poll
from pipeline.store.folder import FolderStore

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
RUN = "20261124T101500Z-ab12"
TERN = Source(name="tern", url="https://tern.example/feed")
ENTRIES = [Entry(source="tern", url=f"https://tern.example/{n}") for n in range(4)]


def taken(entry: Entry) -> Taken:
    """The first one failed and comes up again, the others have landed."""
    failed = entry is ENTRIES[0]
    return Taken(
        entry=entry, queued_as=entry.key, stage="land", outcome="failed" if failed else "landed",
        reason="timed out: read" if failed else None, again_at=NOW if failed else None,
    )  # fmt: skip


LINES = [ledger.outcome_of(taken(entry), RUN, "000") for entry in ENTRIES]


@pytest.fixture
def store(folder_store: FolderStore) -> FolderStore:
    """A closed run over four entries, as the stages leave it."""
    polls.update(folder_store, "tern", lambda s: polls.take_offer(s, TERN, ENTRIES, NOW, Poll(run=RUN, at=NOW)))
    polls.update(folder_store, "tern", lambda s: queue.lease(s, RUN, list(s.pending)))
    batches.decided(folder_store, RUN, lambda: [[taken(entry) for entry in ENTRIES]])
    write(folder_store, LINES)
    polls.update(folder_store, "tern", lambda s: queue.settle(s, RUN, LINES, NOW))
    return folder_store


def write(store: FolderStore, lines: list[Outcome]) -> None:
    store.put(ledger.batch_key(RUN, "000"), ledger.lines(lines))


def closed(lines: list[Outcome] = LINES) -> Run:
    return ledger.sums(Run(run=RUN, trigger="cli", started_at=NOW), lines, {}, NOW)


def test_audit_a_run_that_adds_up_has_no_difference(store: FolderStore) -> None:
    assert audit.differences(store, closed()) == {}


def lost_line(store: FolderStore) -> Run:
    write(store, LINES[:-1])
    return closed(LINES[:-1])


def written_twice(store: FolderStore) -> Run:
    write(store, [*LINES, LINES[1]])
    return closed([*LINES, LINES[1]])


def nobodys_line(store: FolderStore) -> Run:
    lines = [*LINES[:-1], replace(LINES[-1], queued_as="https://tern.example/9")]
    write(store, lines)
    return closed(lines)


def wrong_sums(_: FolderStore) -> Run:
    return replace(closed(), sources={"tern": SourceSum(taken_up=3)})


def wrong_outcomes(_: FolderStore) -> Run:
    return replace(closed(), outcomes={"landed": 4})


def lost_in_the_queue(store: FolderStore) -> Run:
    polls.update(store, "tern", lambda s: replace(s, pending={}))
    return closed()


def unsettled(store: FolderStore) -> Run:
    polls.update(store, "tern", lambda s: queue.lease(s, RUN, list(s.pending)))
    return closed()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lost_line, {"tern": "1 taken up without an outcome: https://tern.example/3"}),
        (written_twice, {"tern": "1 with an outcome too many: https://tern.example/1"}),
        (
            nobodys_line,
            {
                "tern": "1 taken up without an outcome: https://tern.example/3; "
                "1 with an outcome too many: https://tern.example/9; 1 gone from the queue: https://tern.example/9"
            },
        ),
        (wrong_sums, {"tern": "run.json says 3 taken up, the ledger has 4 lines"}),
        (
            wrong_outcomes,
            {"": "run.json has 4 entries, {'landed': 4}; the ledger has {'failed': 1, 'landed': 3}"},
        ),
        (lost_in_the_queue, {"tern": "1 gone from the queue: https://tern.example/0"}),
        (unsettled, {"tern": "1 leased still by the closed run: https://tern.example/0"}),
    ],
)
def test_audit_every_kind_of_loss_is_told(
    store: FolderStore, spoil: Callable[[FolderStore], Run], said: dict[str, str]
) -> None:
    assert audit.differences(store, spoil(store)) == said


def test_audit_without_the_swept_plan_the_rest_is_looked_at(store: FolderStore) -> None:
    store.delete(f"work/{RUN}/plan.json")
    assert audit.differences(store, closed()) == {}
    assert audit.differences(store, wrong_sums(store))


def test_audit_what_was_offered_anew_since_is_no_difference(store: FolderStore) -> None:
    changed = [replace(entry, title="Ferries sail again") for entry in ENTRIES]
    polls.update(store, "tern", lambda s: polls.take_offer(s, TERN, changed, NOW, Poll(run="r2", at=NOW)))
    assert audit.differences(store, closed()) == {}


def test_audit_shows_a_few_of_many() -> None:
    assert list(audit.counted("lost", {f"u{n}" for n in range(5)})) == ["5 lost: u0, u1, u2, …"]
    assert not list(audit.counted("lost", set()))


def test_audit_a_batch_that_nobody_planned_is_told(store: FolderStore) -> None:
    store.put(ledger.batch_key(RUN, "001"), ledger.lines([LINES[1]]))
    found = audit.differences(store, closed([*LINES, LINES[1]]))
    assert found == {"tern": "1 with an outcome too many: https://tern.example/1"}
