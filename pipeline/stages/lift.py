"""Works out what articles' folders lack: a folder is lifted as a whole, by the present rules, steps, models and tables.

Nothing is written here. All captures of a folder that can be had still are cleaned again where its edition is old.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from pipeline import landing
from pipeline.clean import RULES
from pipeline.clean.worker import Cleaner
from pipeline.documents import GONE, Key, decode, encode, key_of, settled
from pipeline.errors import EntryError, NotFound, UsageError
from pipeline.languages import surely_another
from pipeline.model import Document
from pipeline.raw import Moment, Pages
from pipeline.rows import date_of
from pipeline.stages.desk import Desk
from pipeline.stages.enrich import annotated
from pipeline.stages.tally import Sums
from pipeline.steps import all_steps, dependents, makers, newer, stale
from pipeline.store import Stored

CLEAN = "clean"
SAME_NUMBER = "comes out otherwise by rules of the same number: raise RULES in pipeline/clean/rules.py"
NEWER = "made by newer rules than these"
ANOTHER = "its capture is of another article"


class Wanted(Struct, frozen=True):
    """What to replay: the articles captured on these days, from cleaning or a step on; None: what is stale of them."""

    first: date
    last: date
    start: str | None = None

    def check(self) -> None:
        if self.last < self.first:
            raise UsageError(f"{self.first} to {self.last} ends before it begins")
        if self.start not in (None, CLEAN, *(step.name for step in all_steps())):
            raise UsageError(f"no step is named {self.start}: newsroom steps lists them")

    def has(self, key: Key) -> bool:
        """Whether the key is of one of the days."""
        return self.first.isoformat() <= date_of(key.captured) <= self.last.isoformat()

    @property
    def is_step(self) -> bool:
        return self.start not in (None, CLEAN)

    @property
    def said(self) -> str:
        return f"from {self.start}" if self.start else "of what is stale"


class Lift(Struct, frozen=True):
    """What is to be put into one folder: documents, with the etag of the bytes that they take the place of."""

    id: str
    documents: list[tuple[Document, str | None]]
    seen: list[str]


class Folder(NamedTuple):
    """What lies there: all keys, those that count, and the documents of these by their capture."""

    id: str
    have: frozenset[Key]
    keys: list[Key]
    stored: dict[Moment, Stored]

    @property
    def is_newer(self) -> bool:
        return any(key.number > RULES for key in self.have)

    def has(self, document: Document) -> bool:
        """Whether it is of this article: by its id, or under a URL that a document here has."""
        urls = (decode(one.body).url for one in self.stored.values())
        return document.id == self.id or (document.url is not None and document.url in urls)

    def source(self, key: Key) -> str:
        """The source of a capture's document, or of the one that said what it says; an archive has no entry to ask."""
        said = {one.moment for one in self.keys if one.said == key.said and one.kind == "json"}
        found = next((self.stored[moment] for moment in (key.moment, *said) if moment in self.stored), None)
        return (decode(found.body).source if found else None) or ""


class Lifter:
    """Works out articles one by one, and counts what would change."""

    def __init__(self, desk: Desk, wanted: Wanted) -> None:
        self.desk, self.wanted, self.sums = desk, wanted, Sums()
        self.steps = all_steps()
        self.installed = makers(self.steps, desk.parser)

    def each(self, articles: Iterable[str], told: Callable[[str], None] = lambda _: None) -> Iterator[Lift]:
        """What the folders of these articles lack; nothing of one that lacks nothing."""
        folders = [self.folder(article) for article in articles]
        again = [folder for folder in folders if self.is_cleaned(folder)]
        pages = Pages(
            self.desk.store, {key: one.source(key) for one in again for key in one.keys if key.version != GONE}
        )
        with Cleaner() as cleaner:
            for folder in folders:
                told(folder.id)
                lift = self.lift(cleaner, folder, pages)
                if lift:
                    self.sums.changed += 1
                    yield lift

    def folder(self, article: str) -> Folder:
        while True:
            have = landing.listed(self.desk.store, article)
            keys = sorted(settled(have))
            try:
                stored = {key.moment: self.desk.store.get(str(key)) for key in keys if key.kind == "json"}
            except NotFound:
                continue  # became `.seen` since the listing
            return Folder(article, have, keys, stored)

    def is_cleaned(self, folder: Folder) -> bool:
        """Whether its captures are to be cleaned again."""
        if self.wanted.start is None:
            return not folder.is_newer and any(is_old(key) for key in folder.have)
        return not folder.is_newer and self.wanted.start == CLEAN

    def lift(self, cleaner: Cleaner, folder: Folder, pages: Pages) -> Lift | None:
        """What the folder lacks; None where it lacks nothing."""
        if folder.is_newer:
            self.sums.count(folder.keys, folder.keys)
            self.sums.keep(NEWER, len(folder.keys))
            return None
        made = self.cleaned(cleaner, folder, pages) if self.is_cleaned(folder) else {}
        have = folder.have
        want = target(have, folder.keys, {moment: key_of(document) for moment, document in made.items()})
        self.sums.count(folder.keys, want)
        moved = {key.moment for key in have - want}
        seen = [key for key in sorted(want) if key.kind == "seen" and (key not in have or key.moment in moved)]
        documents = []
        for key in sorted(key for key in want if key.kind == "json"):
            found = folder.stored.get(key.moment)
            before = decode(found.body) if found else None
            after = self.renewed(key, made.get(key.moment, before), before)
            there = found if key in have else None
            if there and encode(after) == there.body and key.moment not in moved:
                continue
            documents.append((after, there.etag if there else None))
            self.sums.compare(key, before, after)
        return Lift(folder.id, documents, [str(key) for key in seen]) if documents or seen else None

    def cleaned(self, cleaner: Cleaner, folder: Folder, pages: Pages) -> dict[Moment, Document]:
        """The document of each capture by the present rules; its key stands where there is none."""
        made = {}
        for key in folder.keys:
            if key.version == GONE:
                continue
            result = self.clean(cleaner, folder, key, pages)
            if isinstance(result, Document):
                made[key.moment] = result
            else:
                self.sums.keep(result)
        return made

    def clean(self, cleaner: Cleaner, folder: Folder, key: Key, pages: Pages) -> Document | str:
        """One capture again: its document, or why its key stands. An article stays the one that it was."""
        try:
            page = pages.get(key)
        except EntryError as error:
            return error.reason
        result = next(cleaner.each([page]))
        if isinstance(result, EntryError):
            return result.reason
        if not folder.has(result):
            return ANOTHER
        if wrong := surely_another(self.desk.source(page.entry.source).language, result.text):
            return f"wrong language: {wrong}"
        document = replace(result, id=key.id, source=page.entry.source)
        same_number = key_of(document).edition == key.edition
        return SAME_NUMBER if same_number and key_of(document).said != key.said else document

    def renewed(self, key: Key, document: Document | None, before: Document | None) -> Document:
        """The document with its layers: those of before where they are still right, the others made anew."""
        assert document is not None  # noqa: S101 - a document stands for its own capture, or was just cleaned
        same = before is not None and bare(before) == bare(document)
        document = replace(document, annotations=before.annotations if before and same else {})
        if self.wanted.is_step and not self.wanted.has(key):
            return document
        made_by = {name: layer.made_by for name, layer in document.annotations.items()}
        names = {self.wanted.start or ""} if self.wanted.is_step else stale(made_by, self.installed)
        steps = [step for step in dependents(names, self.steps) if not newer(document, step)]
        made, missing = annotated(document, steps, self.desk.parser)
        self.sums.fail(missing)
        return made


def is_old(key: Key) -> bool:
    """Whether older rules made it; a page that is gone says nothing that could be cleaned."""
    return key.number < RULES and key.version != GONE


def target(have: Iterable[Key], keys: Iterable[Key], made: Mapping[Moment, Key]) -> frozenset[Key]:
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
