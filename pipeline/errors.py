"""Every error that the pipeline names.

NewsroomError            one line for a person: what, where, how to mend it
├── UsageError           the caller asked for what cannot be (exit status 2)
├── SourceError          a source is declared wrongly, or cannot be read
├── StoreError           the bucket is unreachable, refused us, or is full
│   ├── NotFound         no such key
│   └── StoreFull        no room is left
├── EntryError           what became of one entry; carries a reason for the ledger
│   ├── Rejected         it is no article: a normal outcome, counted by reason
│   ├── Skipped          we chose not to (robots.txt, not due, no link)
│   └── Failed           it should have worked
│       ├── Refused      the guard let nothing out: address, scheme, port
│       └── Retryable    worth another try; `not_before` says when
├── StepBroken           a step fails on so many documents that the step is at fault
│   └── StepsGone        no batch of the run can be enriched: a model is gone, or every step fails
├── RunClosed            a task woke up in a run that is closed
└── NewerEdition         a folder holds what newer code made
"""

from datetime import datetime


class NewsroomError(Exception):
    """One line that says what is wrong, where, and how to mend it."""


class UsageError(NewsroomError):
    """The caller asked for what cannot be."""


class SourceError(NewsroomError):
    """A source is declared wrongly, or what it sent cannot be read."""


class StoreError(NewsroomError):
    """The bucket is unreachable, refused us, or is full."""


class NotFound(StoreError):
    """No such key in the store."""


class StoreFull(StoreError):
    """No room is left in the store."""


class EntryError(NewsroomError):
    """Ends the way of one entry; `reason` is a short fixed phrase, then a colon and what it was about."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Rejected(EntryError):
    """What came is no article: a normal outcome, counted by reason."""


class Skipped(EntryError):
    """We chose not to take it."""


class Failed(EntryError):
    """It should have worked."""


class Refused(Failed):
    """The guard let nothing out: scheme, address or port is not allowed."""


class Retryable(Failed):
    """Worth another try, in this run or the next; `not_before` where the other side asked for a pause."""

    def __init__(self, reason: str, *, not_before: datetime | None = None) -> None:
        super().__init__(reason)
        self.not_before = not_before


class StepBroken(NewsroomError):
    """A step fails on so many documents that the step is at fault, not the documents."""


class StepsGone(StepBroken):
    """No batch of the run can be enriched: a model or table is gone, or every step of a task fails."""


class RunClosed(NewsroomError):
    """A task woke up in a run that is closed."""


class NewerEdition(NewsroomError):
    """A folder holds what newer code made; this code must not write there."""
