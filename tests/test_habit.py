"""When a source is silent beyond its habit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import polls
from pipeline.habit import Habit, failed, heard, silent, spoken
from pipeline.model import Entry, Source
from pipeline.polls import Poll, State

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
HOURLY = tuple(range(24))
OFFICE = (8, 11, 14, 17)


def heard_over(days: int, hours: tuple[int, ...], weekends: bool = True, habit: Habit | None = None) -> Habit:
    """A source that is polled every hour and has something new at these hours, from Monday on."""
    habit, start = habit or Habit(), MONDAY
    if habit.read_at:
        start = habit.read_at + timedelta(hours=1)
    for hour in range(days * 24):
        at = start + timedelta(hours=hour)
        habit = heard(habit, at, new=at.hour in hours and (weekends or at.weekday() < 5))
    return habit


@pytest.mark.parametrize(
    ("used_to", "weekends", "quiet_days", "said"),
    [
        (HOURLY, True, 0, None),
        (HOURLY, True, 3, "silent: nothing new since"),
        (OFFICE, True, 1, None),
        (OFFICE, True, 3, "its longest silence before was 13 hours"),
        (OFFICE, False, 3, None),
        (OFFICE, False, 8, "silent: nothing new since"),
        ((), True, 60, None),
    ],
)
def test_habit_silent_is_who_is_quiet_beyond_the_usual(
    used_to: tuple[int, ...], weekends: bool, quiet_days: int, said: str | None
) -> None:
    found = silent(heard_over(quiet_days, (), habit=heard_over(12, used_to, weekends)))
    assert (found is None) if said is None else (found is not None and said in found), found


def test_habit_a_source_that_spoke_at_every_poll_is_silent_after_a_day() -> None:
    found = silent(heard_over(2, (), habit=heard_over(3, HOURLY)))
    assert found
    assert found.endswith("it had something new at every poll before")


@given(st.integers(1, 400))
def test_habit_our_own_pause_makes_no_source_silent(days: int) -> None:
    habit = heard_over(5, HOURLY)
    assert habit.read_at
    assert silent(habit) is None
    back = heard(habit, habit.read_at + timedelta(days=days), new=True)
    assert silent(back) is None
    assert (back.longest or 0) <= (habit.longest or 0), "we were away: the source was not silent"


def test_habit_an_old_silence_is_forgotten_by_and_by() -> None:
    habit = heard_over(1, HOURLY, habit=heard_over(10, (), habit=heard_over(3, HOURLY)))
    long = habit.longest or 0
    assert long > 9 * 86400
    assert (heard_over(28, HOURLY, habit=habit).longest or 0) == pytest.approx(long / 4, rel=0.1)


def test_habit_since_when_a_source_fails_is_the_first_failure_in_a_row() -> None:
    habit = failed(failed(Habit(), MONDAY), MONDAY + timedelta(hours=1))
    assert habit.failing_since == MONDAY
    assert heard(habit, MONDAY + timedelta(hours=2), new=False).failing_since is None


@pytest.mark.parametrize(("kind", "is_said"), [("feed", True), ("urls", False), ("files", False)])
def test_habit_a_list_that_stays_as_it_is_is_no_silent_source(kind: str, is_said: bool) -> None:
    source, state = Source(name="tern", url="https://tern.example/", kind=kind), State(name="tern")
    for day, entries in enumerate([[1], [1, 2], [1, 2], [1, 2], [1, 2]]):
        offer = [Entry(source="tern", url=f"https://tern.example/{n}") for n in entries]
        now = MONDAY + timedelta(days=day)
        state = polls.take_offer(state, source, offer, now, Poll(run="r", at=now))
    assert state.last_poll
    assert bool(state.last_poll.silent) is is_said
    again = polls.take_nothing(state, source, now + timedelta(days=1), Poll(run="r", at=now))
    assert again.last_poll
    assert bool(again.last_poll.silent) is is_said, "also where the server answers 304"


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 minutes"), (119, "119 minutes"), (120, "2 hours"), (4000, "2 days")]
)
def test_habit_times_in_words(minutes: int, said: str) -> None:
    assert spoken(timedelta(minutes=minutes)) == said
