"""The feed's own body stands in for a page that cannot be had, where the feed carries the whole article."""

from msgspec.structs import replace

from pipeline import captures
from pipeline.clean.worker import Cleaner, Page
from pipeline.errors import EntryError
from pipeline.landing import known, listed
from pipeline.model import Document, Taken
from pipeline.stages.desk import NO_CONTACT, Desk
from pipeline.stages.fetch import keep
from pipeline.stages.gone import GONE

NEVER = (*GONE, "status: 451", "soft 404", "section page", "redirect page", "wrong language", "refused", NO_CONTACT)
"""Beginnings of reasons that speak of the article, not of the way to it: it is withdrawn, elsewhere, or not ours."""


def stand_in(desk: Desk, run: str, batch: str, taken: list[Taken]) -> list[Taken]:
    """The entries of a cleaned batch; those whose page failed for good have the document of their feed's body.

    Such a document is of an `f…` edition, and goes once a page of the article lands. Its reason is kept.
    """
    made, waiting = list(taken), [number for number, one in enumerate(taken) if is_wanted(one)]
    if not waiting:
        return made
    carried = [replace(taken[number].entry, body=taken[number].entry.fallback, fallback=None) for number in waiting]
    kept = keep(desk, run, f"{batch}-feed", [(entry, ()) for entry in carried])
    with Cleaner() as cleaner:
        for number, entry, capture in zip(waiting, carried, kept, strict=True):
            if capture:
                page = Page(captures.read(desk.store, capture.ref)[0], entry, from_feed=True)
                made[number] = conclude(desk, taken[number], capture, next(cleaner.each([page])))
    return made


def is_wanted(taken: Taken) -> bool:
    """Whether the page failed for good, and an article stands in the feed."""
    failed = taken.outcome in ("rejected", "failed", "skipped") and taken.again_at is None
    return failed and taken.entry.fallback is not None and not (taken.reason or "").startswith(NEVER)


def conclude(desk: Desk, taken: Taken, kept: captures.Kept, result: Document | EntryError) -> Taken:
    """The entry with its provisional document; as it was where the body is no article, or a page of it is there."""
    if isinstance(result, EntryError) or any(not key.is_feed for key in listed(desk.store, result.id)):
        return taken
    document = replace(result, source=taken.entry.source)
    return replace(
        taken,
        document=document,
        known=known(desk.store, document),
        capture=kept.ref,
        record=kept.record,
        captured_at=kept.at,
        validators={},  # those of the page that was no article: once it is one it is asked for whole
        outcome=None,
        reason=f"from the feed: {taken.reason}",
    )
