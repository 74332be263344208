"""Lands the documents of a batch, and gives every entry that is still without one its outcome."""

from msgspec.structs import replace

from pipeline import landing
from pipeline.clean import RULES
from pipeline.errors import NewerEdition, Retryable, StoreError
from pipeline.identity import article_id
from pipeline.model import Taken
from pipeline.stages.desk import Desk, ended, put_off
from pipeline.stages.gone import is_gone


def land(desk: Desk, taken: list[Taken]) -> list[Taken]:
    """Every entry with its outcome; a document that the store refuses takes no other with it."""
    made = [landed(desk, one) for one in taken if not one.twin]
    firsts = {f"{one.entry.source} {one.queued_as}": one for one in made}
    rest = iter(made)
    return [second(desk, one, firsts.get(one.twin)) if one.twin else next(rest) for one in taken]


def landed(desk: Desk, taken: Taken) -> Taken:
    """One entry after its landing."""
    try:
        if taken.outcome is not None:
            return remembered(desk, taken)
        return put(desk, taken)
    except (StoreError, NewerEdition) as error:
        return ended(replace(taken, key=None), Retryable(str(error)), "land", desk.clock())


def put(desk: Desk, taken: Taken) -> Taken:
    if taken.document is None:
        raise ValueError(f"{taken.queued_as} has neither a document nor an outcome")
    if not taken.known:
        outcome, key = landing.land(desk.store, taken.document)
        return replace(taken, outcome=outcome, key=key, stage="land")
    seen = landing.see(desk.store, taken.document)
    if seen is None:
        return put_off(taken, "the earlier version went meanwhile", "land", desk.clock())
    return replace(taken, outcome="unchanged", key=seen, stage="land")


def remembered(desk: Desk, taken: Taken) -> Taken:
    """A page that is gone is said in the folder of its article, where we have one."""
    article = taken.article or (article_id(taken.entry.url) if taken.entry.url else None)
    if not is_gone(taken.reason) or article is None or taken.record is None or taken.captured_at is None:
        return taken
    key = landing.gone(desk.store, article, taken.captured_at, taken.record, f"c{RULES}", anyway=taken.item is not None)
    return replace(taken, key=key, article=article if key else taken.article)


def second(desk: Desk, taken: Taken, first: Taken | None) -> Taken:
    """An entry whose article another source offers too: a duplicate once the first one's outcome is final."""
    name = taken.twin or ""
    if first is None or first.again_at is not None:
        return put_off(taken, f"waits for: {name}", "land", desk.clock())
    return replace(taken, outcome="duplicate", stage="land", reason=f"same article: {name}")
