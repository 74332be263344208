"""How a source is used to speak: since when it has said nothing new, and the longest that it was silent before."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

FADES = timedelta(days=14)
"""In this time half of an old silence is forgotten: it must outlive the weeks between two weekends."""

BEYOND = 3
"""Silent is who says nothing new for so many times the longest silence before."""

LEAST = timedelta(days=1)
"""A shorter silence says nothing, whatever the habit: every house sleeps at night."""


class Habit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What polls tell of a source; only those that could be read count, so our own pauses make no silence."""

    new_at: datetime | None = None  # when it last offered something new
    read_at: datetime | None = None  # when it could last be read
    longest: float | None = None  # seconds that it was silent at most, old silences fading; None before two news
    failing_since: datetime | None = None

    @property
    def silence(self) -> timedelta:
        """From its last news to the last time that it could be read."""
        return self.read_at - self.new_at if self.read_at and self.new_at else timedelta()


def heard(habit: Habit, now: datetime, *, new: bool) -> Habit:
    """After a poll that could be read."""
    if not new:
        return replace(habit, read_at=now, failing_since=None)
    longest = habit.longest
    if habit.new_at:
        faded = (longest or 0) * 0.5 ** ((now - habit.new_at) / FADES)
        longest = max(faded, habit.silence.total_seconds())
    return Habit(new_at=now, read_at=now, longest=longest)


def failed(habit: Habit, now: datetime) -> Habit:
    """After a poll that failed."""
    return replace(habit, failing_since=habit.failing_since or now)


def silent(habit: Habit) -> str | None:
    """That the source is silent beyond its habit, in words; None where all is as ever."""
    if habit.longest is None or habit.silence <= max(LEAST, BEYOND * timedelta(seconds=habit.longest)):
        return None
    before = f"its longest silence before was {spoken(timedelta(seconds=habit.longest))}"
    return (
        f"silent: nothing new since {habit.new_at:%Y-%m-%d %H:%M}, for {spoken(habit.silence)}; "
        f"{before if habit.longest else 'it had something new at every poll before'}"
    )


def spoken(time: timedelta) -> str:
    """A length of time in its largest unit that fills two: "3 days", "30 hours", "45 minutes"."""
    minutes = round(time.total_seconds() / 60)
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"
