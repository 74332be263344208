"""Takes an archive: its index, then shards that run the stages fused. What is done again finds what was done."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from itertools import chain, islice

import msgspec
from msgspec.structs import replace

from pipeline import archives, batches, landing, ledger, vectors
from pipeline.archives import indexes
from pipeline.archives.indexes import Unit, Wanted
from pipeline.clean.decoding import TEXT_TYPES
from pipeline.clean.worker import Cleaner
from pipeline.documents import stamp
from pipeline.errors import EntryError, Failed, NewerEdition, NotFound, Rejected, Retryable, UsageError
from pipeline.identity import capture_of
from pipeline.model import Entry, Item, Outcome, Taken
from pipeline.polls import ARCHIVE
from pipeline.queue import LAST_TRY
from pipeline.stages import BATCH_STAGES, alone
from pipeline.stages.begin import begin as begun
from pipeline.stages.clean import judged
from pipeline.stages.desk import Desk, ended
from pipeline.stages.enrich import annotated, complain, wants, warm
from pipeline.stages.land import landed
from pipeline.steps import all_steps

SHARD = 400
"""Records of a shard: a minute or two of one core where all of them are articles."""

AT_ONCE = 8
"""Articles whose folders are asked for, or written to, at a time: an answer of S3 takes 20 ms, and no CPU."""

FOR_MACHINES = re.compile(r"://[^/]*/((?:robots|humans|security|(?:app-)?ads|llms(?:-full)?)\.txt)(?:[?#]|$)")
"""What every site serves to crawlers, so that archives hold it; as text it would be an article."""

Told = Callable[[str, Taken], None]
"""Hears of each entry after each stage: "clean", "enrich", "land"."""


def begin(desk: Desk, trigger: str, run: str | None = None) -> str:
    """Opens a run, under the given name where a second try must find the first. Other runs are left alone.

    With a name the trigger is of this run alone: an open run that has it too was cleared, and is closed.
    """
    return begun(desk, trigger, run=run, is_dead=lambda other: other == trigger)[0]


def wanted(
    desk: Desk, source: str = ARCHIVE, places: Sequence[str] = (), first: date | None = None, last: date | None = None
) -> Wanted:
    """What is asked for: places given by hand, or a declared archive."""
    if first and last and first > last:
        raise UsageError(f"the first day, {first}, is after the last, {last}")
    if places:
        return Wanted(source=source, places=tuple(places), first=first, last=last)
    declared = desk.sources.get(source)
    if declared is None or not declared.is_archive:
        raise UsageError(f"no archive is declared as {source}: newsroom sources lists them")
    return Wanted.of(declared, first, last)


def index(desk: Desk, asked: Wanted, turn: int) -> None:
    """Indexes what is not indexed yet. Runs of several days share the work, as each begins at a turn of its own."""
    every = list(indexes.units(desk.store, asked))
    units = [unit for unit, made in indexes.known(desk.store, every) if made is None]
    at = turn % max(len(units), 1)
    for unit in (*units[at:], *units[:at]):
        indexes.make(desk.store, unit)


def plan(desk: Desk, run: str, asked: Wanted, told: Callable[[Unit], None] = lambda _: None) -> dict[str, int]:
    """Writes the shards of the run; answers their names and sizes. A second try finds those of the first."""
    ledger.require_open(desk.store, run)

    def made() -> Iterator[list[Taken]]:
        taken = (take_up(desk, item, asked.source) for item in indexes.items(desk.store, asked, told))
        return iter(lambda: list(islice(taken, SHARD)), [])

    return batches.parted(desk.store, run, made)


def take_up(desk: Desk, item: Item, source: str) -> Taken:
    """A thing of an archive as a shard takes it up; what its index says of it may be its outcome."""
    entry = Entry(source=source, url=item.url, path=item.path or None)
    name = f"{item.ref.key}:{item.ref.offset}"
    taken = Taken(entry=entry, queued_as=name, tries=LAST_TRY, item=item, capture=item.ref, record=item.record)
    taken = replace(taken, captured_at=item.at)
    error = refused(item)
    return ended(taken, error, "read", desk.clock()) if error else taken


def refused(item: Item) -> EntryError | None:
    """Why a thing cannot be read, or is not worth it."""
    if item.broken:
        why = item.broken.removeprefix("broken record: ")
        return Failed(f"broken record: {why}: {item.ref.key} at {item.ref.offset}")
    if item.status >= 300 and not item.payload:
        return Rejected(f"status: {item.status}")
    if item.url and (name := FOR_MACHINES.search(item.url)):
        return Rejected(f"for machines: {name[1]}")
    of_agency = archives.format_of(item.path) == "wire"  # its JSON is an article
    if "/" in item.mime and not TEXT_TYPES.fullmatch(item.mime) and not of_agency:
        return Rejected(f"not text: {item.mime}")
    return None


def shard(desk: Desk, run: str, name: str, told: Told = lambda _stage, _taken: None) -> list[Outcome]:
    """Takes a shard through all stages, telling of each entry; answers its lines in the ledger."""
    ledger.require_open(desk.store, run)
    if not ledger.has_batch(desk.store, run, name):
        made = fused(desk, run, name, told)
        ledger.write_batch(desk.store, run, name, (ledger.outcome_of(one, run, name) for one in made))
    desk.store.put_new(batches.work_key(run, name, BATCH_STAGES[-1]), b"")  # it did not die
    return ledger.read_batch(desk.store, run, name)


def fused(desk: Desk, run: str, name: str, told: Told) -> list[Taken]:
    """Every entry with its outcome. What was cleaned is kept for a second try, which so tells its own from others'."""
    key = batches.work_key(run, name, "clean")
    try:
        cleaned = at_once(partial(found_again, desk), batches.read_taken(desk.store, key))
    except NotFound:
        planned = batches.read_taken(desk.store, batches.work_key(run, name, "plan"))
        found = at_once(partial(compared, desk), list(through(desk, "clean", clean, planned, told)))
        cleaned = batches.write_taken(desk.store, key, sorted(found, key=moment))
    warm(desk.parser, {one.document.language for one in cleaned if one.document and wants(one)})
    enriched = list(through(desk, "enrich", enrich, cleaned, told))
    complain(all_steps(), [one for one in enriched if wants(one)])
    vectors.keep(desk.store, run, name, (one.vector for one in enriched))
    return at_once(lambda one: replace(landed(desk, one), again_at=None), enriched, partial(told, "land"))


def at_once(
    work: Callable[[Taken], Taken], taken: Sequence[Taken], told: Callable[[Taken], None] = lambda _: None
) -> list[Taken]:
    """Does what waits for the store, for several articles at a time; for the captures of each in their order."""
    together = defaultdict[str, list[int]](list)
    for number, one in enumerate(taken):
        together[one.document.id if one.document else one.queued_as].append(number)
    made, articles = list(taken), list(together.values())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for at in range(0, len(articles), AT_ONCE):  # no further ahead of what was told
            some = articles[at : at + AT_ONCE]
            done = pool.map(lambda numbers: [work(taken[number]) for number in numbers], some)
            for number, one in zip(chain(*some), chain.from_iterable(done), strict=True):
                made[number] = one
                told(one)
    return made


def found_again(desk: Desk, taken: Taken) -> Taken:
    """What an earlier try of the shard has landed is not annotated again."""
    if taken.document is None or not wants(taken):
        return taken
    try:
        _, key = landing.standing(desk.store, taken.document)
    except NewerEdition as error:
        return ended(taken, Retryable(str(error)), "land", desk.clock())
    if key is None:
        return taken
    return replace(taken, outcome="landed" if key.endswith("json") else "unchanged", stage="land", key=key)


def moment(taken: Taken) -> tuple[str, str]:
    """As keys sort, so that the first of several that say the same is the document, in one second too."""
    return stamp(taken.captured_at) if taken.captured_at else "", capture_of(taken.record or "")


def through(
    desk: Desk, stage: str, work: Callable[[Desk, Sequence[Taken]], Iterator[bytes]], taken: Sequence[Taken], told: Told
) -> Iterator[Taken]:
    """Entries through a stage in a child process; one that kills it twice has failed."""

    def dead(one: Taken, how: str) -> bytes:
        return packed(ended(replace(one, document=None), Failed(f"{stage} died: {how}"), stage, desk.clock()))

    for done in alone.each(partial(work, desk), taken, dead):
        one = msgspec.msgpack.decode(done, type=Taken)
        told(stage, one)
        yield one


def packed(taken: Taken) -> bytes:
    return msgspec.msgpack.encode(taken)


def clean(desk: Desk, planned: Sequence[Taken]) -> Iterator[bytes]:
    """Entries with their documents, not annotated; what is no article or cannot be read has its outcome."""
    waiting = [one.item for one in planned if one.item and one.outcome is None]
    answers = archives.read(desk.store, waiting, planned[0].entry.source)
    with Cleaner() as cleaner:
        for one in planned:
            if one.outcome is None:
                answer = next(answers)
                if isinstance(answer, EntryError):
                    one = ended(one, answer, "read", desk.clock())
                else:
                    one = replace(one, entry=replace(answer.entry, body=None))
                    one = judged(desk, one, next(cleaner.each([answer])))
            yield packed(one)


def compared(desk: Desk, taken: Taken) -> Taken:
    """With what the folder of its article says: the version is known, or this very capture is there already."""
    if taken.document is None:
        return taken
    try:
        known, key = landing.standing(desk.store, taken.document)
    except NewerEdition as error:
        return ended(taken, Retryable(str(error)), "land", desk.clock())
    if key:
        return replace(taken, outcome="unchanged", stage="land", key=key)
    return replace(taken, known=known)


def enrich(desk: Desk, cleaned: Sequence[Taken]) -> Iterator[bytes]:
    """Entries with all layers; of captures that say the same only the first needs any."""
    steps, said = all_steps(), set[tuple[str, str, str]]()
    for one in cleaned:
        if wants(one) and (document := one.document):
            same = (document.id, document.version, document.extraction.edition)
            if same in said:
                one = replace(one, known=True)
            else:
                said.add(same)
                document, missing = annotated(document, steps, desk.parser)
                one = replace(one, document=document, missing=missing, vector=vectors.record(document))
        yield packed(one)
