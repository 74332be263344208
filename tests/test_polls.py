"""The queue of a source: what is due, what is pending, and what settles it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline import polls, queue
from pipeline.model import Entry, Outcome, Source
from pipeline.polls import Poll, State

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
SOURCE = Source(name="tern", url="https://tern.example/feed", every="15m")
RUN, OTHER = "20261122T101500Z-ab12", "20261122T101500Z-cd34"
NONE = frozenset[str]()


def entry(n: int = 1, title: str = "Ferries stay in port", guid: str | None = None) -> Entry:
    return Entry(source="tern", url=f"https://tern.example/{n}", title=title, guid=guid)


def offered(state: State, *entries: Entry, now: datetime = NOW, again: bool = False) -> State:
    return polls.take_offer(state, SOURCE, entries, now, Poll(run=RUN, at=now, status=200), again=again)


def line(
    of: Entry, *, run: str = RUN, outcome: str = "landed", again_at: datetime | None = None, reason: str | None = None
) -> Outcome:
    return Outcome(
        run=run, batch="000", source="tern", url=of.url, title=of.title, guid=of.guid, queued_as=of.key,
        digest=of.digest, outcome=outcome, stage="land", reason=reason, again_at=again_at,
    )  # fmt: skip


def taken_up(*entries: Entry, run: str = RUN) -> State:
    return queue.lease(offered(State(name="tern"), *entries), run, [one.key for one in entries])


@pytest.mark.parametrize(("every", "found"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400)])
def test_polls_durations(every: str, found: int) -> None:
    assert polls.seconds(every) == found


@pytest.mark.parametrize("every", ["", "15", "m", "0m", "-5m", "15 m", "1.5h", "15min"])
def test_polls_refuse_what_is_no_duration(every: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        polls.seconds(every)


def test_polls_a_source_never_asked_is_due() -> None:
    assert polls.is_due(State(name="tern"), NOW, NONE)


def test_polls_a_source_is_due_again_after_its_time() -> None:
    state = offered(State(name="tern"), entry())
    assert not polls.is_due(state, NOW + timedelta(minutes=14), NONE)
    assert polls.is_due(state, NOW + timedelta(minutes=15), NONE)


def test_polls_a_quiet_source_is_asked_less_often_and_an_active_one_again() -> None:
    state = offered(State(name="tern"), entry())
    pauses = []
    for _ in range(5):
        state = offered(state, entry())
        assert state.due_at is not None
        pauses.append((state.due_at - NOW) / timedelta(minutes=15))
    assert pauses == [2, 4, 8, 8, 8]
    state = offered(state, entry(), entry(2))
    assert state.due_at == NOW + timedelta(minutes=15)


def test_polls_a_failing_source_backs_off_with_jitter_and_comes_back() -> None:
    state, pauses = State(name="tern"), []
    for _ in range(12):
        state = polls.take_failure(state, SOURCE, NOW, Poll(run=RUN, at=NOW, reason="status: 503"))
        assert state.due_at is not None
        pauses.append(state.due_at - NOW)
    assert all(minutes(15 * 2**n) <= pause <= minutes(15 * 2**n * 1.25) for n, pause in enumerate(pauses[:6]))
    assert max(pauses) <= timedelta(days=1.25)
    assert offered(state, entry()).failures == 0


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_polls_a_failing_source_waits_as_long_as_it_asks() -> None:
    state = polls.take_failure(State(name="tern"), SOURCE, NOW, Poll(run=RUN, at=NOW), NOW + timedelta(days=3))
    assert state.due_at == NOW + timedelta(days=3)


def test_polls_a_source_that_an_open_run_asks_is_not_due() -> None:
    state = State(name="tern", claim=OTHER)
    assert not polls.is_due(state, NOW, frozenset({OTHER}))
    assert polls.is_due(state, NOW, NONE)


def test_polls_new_and_changed_entries_are_pending_known_ones_are_counted() -> None:
    state = queue.settle(taken_up(entry(1), entry(2)), RUN, [line(entry(1)), line(entry(2))], NOW)
    state = offered(state, entry(1), entry(2, title="Ferries sail again"), entry(3))
    assert list(state.pending) == ["https://tern.example/2", "https://tern.example/3"]
    assert state.last_poll is not None
    assert (state.last_poll.offered, state.last_poll.known) == (3, 1)


def test_polls_a_pasted_url_is_taken_although_known() -> None:
    state = queue.settle(taken_up(entry()), RUN, [line(entry())], NOW)
    assert not offered(state, entry()).pending
    assert list(offered(state, entry(), again=True).pending) == [entry().key]


def test_polls_two_entries_of_one_url_are_both_pending() -> None:
    state = offered(State(name="tern"), entry(guid="a"), entry(guid="b"))
    assert [waiting.entry.guid for waiting in state.pending.values()] == ["a", "b"]


def test_polls_entries_of_one_url_and_guid_are_told_apart_by_what_they_say() -> None:
    state = offered(State(name="tern"), *(entry(title=title, guid="a") for title in "ABC"))
    assert [waiting.entry.title for waiting in state.pending.values()] == ["A", "B", "C"]
    lines = [replace(line(one.entry), queued_as=key) for key, one in state.pending.items()]
    settled = queue.settle(queue.lease(state, RUN, state.pending), RUN, lines, NOW)
    assert offered(settled, *(entry(title=title, guid="a") for title in "ABC")).pending == {}


def test_polls_an_entry_without_url_and_guid_is_an_entry() -> None:
    bare = Entry(source="tern", title="Ferries stay in port")
    assert list(offered(State(name="tern"), bare).pending) == [f"digest:{bare.digest}"]


def test_polls_a_counter_in_the_summary_makes_no_change() -> None:
    assert (
        Entry(source="tern", url="u", summary="3 comments").digest
        == Entry(source="tern", url="u", summary="4 comments").digest
    )


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ab")), max_size=8),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_polls_no_entry_is_lost(said: list[tuple[int, str]], done: list[bool]) -> None:
    """Whatever is offered in whatever order, each entry is pending until a line settles what was last said of it."""
    state, last = State(name="tern"), {}
    for (number, title), finished in zip(said, done, strict=False):
        one = entry(number, title)
        state, last[one.key] = offered(state, one), one
        if finished:
            state = queue.settle(
                queue.lease(state, RUN, state.pending), RUN, [line(w.entry) for w in state.pending.values()], NOW
            )
    for key, one in last.items():
        known, waiting = state.known.get(key), state.pending.get(key)
        assert (known and known.digest == one.digest) or (waiting and waiting.digest == one.digest)


@pytest.mark.parametrize(
    ("ahead", "held"),
    [
        (timedelta(minutes=-5), False),
        (timedelta(minutes=10), False),
        (timedelta(minutes=11), True),
        (timedelta(days=30), True),
        (timedelta(days=365), False),
    ],
)
def test_polls_an_entry_dated_in_the_future_is_held_until_then(ahead: timedelta, held: bool) -> None:
    dated = Entry(source="tern", url="https://tern.example/1", published_at=NOW + ahead)
    state = offered(State(name="tern"), dated)
    assert [key for key, _ in queue.ready(state, NOW, NONE)] == ([] if held else [dated.key])
    assert [key for key, _ in queue.ready(state, NOW + ahead + timedelta(minutes=11), NONE)] == [dated.key]


def test_polls_an_entry_that_was_held_is_taken_once_its_date_is_mended() -> None:
    dated = Entry(source="tern", url="https://tern.example/1", published_at=NOW + timedelta(days=2))
    mended = Entry(source="tern", url="https://tern.example/1", published_at=NOW)
    state = offered(offered(State(name="tern"), dated), mended)
    assert [waiting.entry for _, waiting in queue.ready(state, NOW, NONE)] == [mended]
