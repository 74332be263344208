"""Runs cleaning or steps again over what lies in the bucket: nothing is fetched, and what changes is known first.

An article's folder is lifted as a whole: all of its captures that raw/ still has are cleaned by the present rules.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipeline import landing, ledger
from pipeline.clean import RULES
from pipeline.clean.worker import Cleaner, Page
from pipeline.documents import GONE, Key, decode, encode, key_of, parse, settled
from pipeline.errors import EntryError, NotFound, UsageError
from pipeline.ledger import Run
from pipeline.model import Document
from pipeline.raw import Raw
from pipeline.rows import date_of
from pipeline.stages.begin import opened
from pipeline.stages.desk import Desk
from pipeline.stages.enrich import annotated
from pipeline.stages.publish import close_run, publish, replayed_key
from pipeline.stages.tally import Sums
from pipeline.steps import all_steps, dependents, newer, stale
from pipeline.store import Stored

CLEAN = "clean"
NO_CAPTURE = "no capture in raw/"
SAME_NUMBER = "comes out otherwise by rules of the same number: raise RULES in pipeline/clean/rules.py"
NEWER = "made by newer rules than these"


class Lift(Struct, frozen=True):
    """What is to be put into one folder: documents, with the etag of the bytes that they take the place of."""

    id: str
    documents: list[tuple[Document, str | None]]
    seen: list[str]


class Replay:
    """A replay of some days, worked out in full and not yet written; what is to be written lies in a file."""

    def __init__(self, desk: Desk, first: date, last: date, start: str) -> None:
        self.desk, self.first, self.last, self.start = desk, first, last, start
        self.steps = all_steps()
        if start != CLEAN and start not in {step.name for step in self.steps}:
            raise UsageError(f"no step is named {start}: newsroom steps lists them")
        self.raw, self.sums, self.touched = Raw(desk.store), Sums(), list[str]()
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the replay

    def articles(self) -> list[str]:
        """Articles with a capture on these days: only the listing of the folders knows them all."""
        found = filter(None, (parse(listed.key) for listed in self.desk.store.keys("documents/")))
        return list(dict.fromkeys(key.id for key in found if self.chosen(key)))

    def chosen(self, key: Key) -> bool:
        return self.first.isoformat() <= date_of(key.captured) <= self.last.isoformat()

    def work_out(self, articles: Iterable[str], shown: Callable[[str], None] = lambda _: None) -> Sums:
        """Makes everything anew that is to be written."""
        with Cleaner() as cleaner:
            for article in articles:
                shown(article)
                lift = self.lift(cleaner, article)
                if lift:
                    self.sums.changed += 1
                    self.touched.append(article)
                    self.file.write(msgspec.json.encode(lift) + b"\n")
        return self.sums

    def lift(self, cleaner: Cleaner, article: str) -> Lift | None:
        """What the folder lacks; None where it lacks nothing."""
        have, keys, stored = self.folder(article)
        if any(key.number > RULES for key in have):
            self.sums.count(keys, keys)
            self.sums.keep(NEWER, len(keys))
            return None
        made = self.cleaned(cleaner, keys) if self.start == CLEAN else {}
        want = target(have, keys, {moment: key_of(document) for moment, document in made.items()})
        self.sums.count(keys, want)
        moved = {key.moment for key in have - want}
        seen = [key for key in sorted(want) if key.kind == "seen" and (key not in have or key.moment in moved)]
        documents = []
        for key in sorted(key for key in want if key.kind == "json"):
            found = stored.get(key.moment)
            before = decode(found.body) if found else None
            after = self.renewed(key, made.get(key.moment, before), before)
            there = found if key in have else None
            if there and encode(after) == there.body and key.moment not in moved:
                continue
            documents.append((after, there.etag if there else None))
            self.sums.compare(key, before, after)
        return Lift(article, documents, [str(key) for key in seen]) if documents or seen else None

    def folder(self, article: str) -> tuple[frozenset[Key], list[Key], dict[tuple[str, str], Stored]]:
        """The keys that lie there, those that count, and the documents of these by their capture."""
        while True:
            have = landing.listed(self.desk.store, article)
            keys = sorted(settled(have))
            try:
                return have, keys, {k.moment: self.desk.store.get(str(k)) for k in keys if k.kind == "json"}
            except NotFound:
                continue  # became `.seen` since the listing

    def cleaned(self, cleaner: Cleaner, keys: Iterable[Key]) -> dict[tuple[str, str], Document]:
        """The document of each capture by the present rules; its key stands where there is none."""
        made = {}
        for key in keys:
            if key.version == GONE:
                continue
            result = self.clean(cleaner, key)
            if isinstance(result, Document):
                made[key.moment] = result
            else:
                self.sums.keep(result)
        return made

    def clean(self, cleaner: Cleaner, key: Key) -> Document | str:
        """One capture again: its document, or why its key stands. An article stays the one that it was."""
        record = self.raw.find(key)
        if record is None or record.entry is None:
            return NO_CAPTURE
        try:
            page = Page(record.capture(), record.entry, key.is_feed)
        except EntryError as error:
            return error.reason
        result = next(cleaner.each([page]))
        if isinstance(result, EntryError):
            return result.reason
        document = replace(result, id=key.id, source=record.entry.source)
        same_number = key_of(document).edition == key.edition
        return SAME_NUMBER if same_number and key_of(document).said != key.said else document

    def renewed(self, key: Key, document: Document | None, before: Document | None) -> Document:
        """The document with its layers: those of before where they are still right, the others made anew."""
        assert document is not None  # noqa: S101 - a document stands for its own capture, or was just cleaned
        same = before is not None and bare(before) == bare(document)
        layers = before.annotations if before and same else {}
        document = replace(document, annotations=layers)
        if self.start != CLEAN and not self.chosen(key):
            return document
        names = {self.start} if self.start != CLEAN else self.stale(document)
        steps = [step for step in dependents(names, self.steps) if not newer(document, step)]
        made, missing = annotated(document, steps, self.desk.parser)
        self.sums.fail(missing)
        return made

    def stale(self, document: Document) -> set[str]:
        made_by = {name: layer.made_by for name, layer in document.annotations.items()}
        return stale(made_by, self.steps, self.desk.parser)

    def lifts(self) -> Iterator[Lift]:
        self.file.seek(0)
        for line in self.file:
            yield msgspec.json.decode(line, type=Lift)

    def write(self, shown: Callable[[str], None] = lambda _: None) -> Run | None:
        """Carries it out as a run of its own; None where there was nothing to do."""
        for name, run in ledger.open_runs(self.desk.store).items():
            if run.trigger.split()[0] == "replay":
                close_run(self.desk, name)  # a dead one's rows; one that lives stops
        if not self.touched:
            return None
        run_name = opened(self.desk, f"replay from {self.start}", None)
        self.desk.store.put(replayed_key(run_name), msgspec.json.encode(self.touched))
        for lift in self.lifts():
            shown(lift.id)
            ledger.require_open(self.desk.store, run_name)
            landing.lift(self.desk.store, lift.documents, [key for key in map(parse, lift.seen) if key])
        return publish(self.desk, run_name)


def target(have: Iterable[Key], keys: Iterable[Key], made: Mapping[tuple[str, str], Key]) -> frozenset[Key]:
    """What a folder should hold once these captures were cleaned anew.

    A later capture that could not be cleaned says what the first capture of its version says now.
    """
    documents = (key for key in sorted(have, reverse=True) if key.kind == "json")
    follows = {key.said: made[key.moment] for key in documents if key.moment in made}

    def place(key: Key) -> Key:
        if key.moment in made:
            return made[key.moment]
        first = follows.get(key.said) if key.kind == "seen" else None
        return key._replace(edition=first.edition, version=first.version) if first else key

    return settled(map(place, keys))


def bare(document: Document) -> Document:
    """What the steps may read."""
    return replace(document, annotations={}, extraction=replace(document.extraction, version=0))
