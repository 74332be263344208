"""Takes one batch through one stage: reads what the stage before left, and leaves what this one made."""

from pipeline import batches, ledger, vectors
from pipeline.errors import NewsroomError, NotFound, StepsGone, StoreError
from pipeline.model import Taken
from pipeline.queue import DIED
from pipeline.stages import BATCH_STAGES
from pipeline.stages.desk import Desk


def work(desk: Desk, run: str, batch: str, stage: str) -> list[Taken]:
    """Does a stage of a batch unless an earlier try has; why it could not be done is left for the ledger."""
    ledger.require_open(desk.store, run)
    if stage == BATCH_STAGES[0] and (why := left(desk, stop_key(run))):
        raise StepsGone(why)  # nothing is fetched that could not be enriched
    key = batches.work_key(run, batch, stage)
    try:
        made = batches.read_taken(desk.store, key)
    except NotFound:
        try:
            made = batches.write_taken(desk.store, key, do(desk, run, batch, stage))
        except NewsroomError as error:
            leave(desk, reason_key(run, batch), f"{stage}: {error}")
            if isinstance(error, StepsGone):
                leave(desk, stop_key(run), f"the run stops: {error}")
            raise
    if stage == BATCH_STAGES[-1]:
        ledger.write_batch(desk.store, run, batch, (ledger.outcome_of(one, run, batch) for one in made))
    return made


def do(desk: Desk, run: str, batch: str, stage: str) -> list[Taken]:
    """Each stage takes entries and gives entries; what it needs is imported only by it."""
    taken = batches.read_taken(desk.store, batches.work_key(run, batch, before(stage)))
    if stage == "fetch":
        from pipeline.stages.fetch import fetch

        return fetch(desk, run, batch, taken)
    if stage == "clean":
        from pipeline.stages.clean import clean
        from pipeline.stages.standin import stand_in

        return stand_in(desk, run, batch, clean(desk, taken))
    if stage == "land":
        from pipeline.stages.land import land

        return land(desk, taken)
    from pipeline.stages.enrich import enrich, wants

    made = enrich(stage, desk, taken)
    if stage == "topics":
        records = (vectors.record(one.document) for one in made if one.document and wants(one))
        vectors.keep(desk.store, run, batch, records)
    return made


def before(stage: str) -> str:
    """The stage whose work this one takes on."""
    return ("plan", *BATCH_STAGES)[BATCH_STAGES.index(stage)]


def reason_key(run: str, batch: str) -> str:
    return f"work/{run}/{batch}.reason"


def stop_key(run: str) -> str:
    """Says to batches that have not begun that the run cannot go on."""
    return f"work/{run}/stop.reason"


def leave(desk: Desk, key: str, reason: str) -> None:
    """For the closing of the run, and for other batches; a store that takes nothing more takes this neither."""
    try:
        desk.store.put(key, reason.encode())
    except StoreError:
        return


def left(desk: Desk, key: str) -> str | None:
    try:
        return desk.store.get(key).body.decode()
    except NotFound:
        return None


def left_reason(desk: Desk, run: str, batch: str) -> str:
    """Why the batch died, as far as it could say."""
    return left(desk, reason_key(run, batch)) or left(desk, stop_key(run)) or DIED
