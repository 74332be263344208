"""A thousand unchanged captures by a changed cleaner: no new version, and no change is told, whatever lands between."""

import re
from functools import partial

import pytest
from msgspec.structs import replace

from pipeline import captures, landing, tables
from pipeline.clean import clean, furniture, page
from pipeline.config import read
from pipeline.documents import parse
from pipeline.errors import NewerEdition
from pipeline.model import Document, Entry
from pipeline.stages import lift
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.enrich import annotated
from pipeline.stages.lift import Wanted
from pipeline.stages.replay import Replay
from pipeline.steps import all_steps
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import DAY, NOON, SECOND, THIRD, bucket, exchange, html, keep

ARTICLES, CAPTURES = 250, 4
LINE = "Read all that we have on the harbour"
CHEAP = [step for step in all_steps() if step.name in ("language", "readability", "signature")]
"""Steps that read no parse: a thousand documents in seconds."""


def url(number: int) -> str:
    return f"https://tern.example/harbour/{number}-ferries-stop-sailing"


def body(number: int) -> str:
    return html(
        f"Ferry {number} of the Solvik line will stay in port on Monday, its crew decided.", SECOND, THIRD, LINE
    )


def made(store: Store, name: str) -> list[Document]:
    """The documents of a file of captures, by the present rules."""
    key = next(key for key in bucket(store, "raw/") if key.endswith(f"{name}.warc.gz"))
    found = [captures.read(store, kept.ref) for kept, _ in captures.scan(store.get(key).body, key=key)]
    return [replace(clean(capture, entry), source=entry.source) for capture, entry in found if entry]


def land(desk: Desk, document: Document) -> None:
    if landing.known(desk.store, document):
        landing.see(desk.store, document)
    else:
        landing.land(desk.store, annotated(document, CHEAP, desk.parser)[0])


def poll(store: Store, name: str, minute: int, numbers: range) -> list[Document]:
    """The same pages, captured once more."""
    keep(store, [(Entry(source="tern", url=url(n)), (exchange(url(n), minute, body(n)),)) for n in numbers], name)
    return made(store, name)


@pytest.fixture
def desk(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(lift, "all_steps", lambda: tuple(CHEAP))
    desk = open_desk(read({}), folder_store)
    for number in range(CAPTURES):
        for document in poll(desk.store, f"00{number}", 60 * number, range(ARTICLES)):
            land(desk, document)
    tables.publish_articles(desk.store, ids(desk.store))
    return desk


def ids(store: Store) -> set[str]:
    return {key.id for key in map(parse, bucket(store, "documents/")) if key}


def new_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is furniture now."""
    line = re.compile(re.escape(LINE))
    monkeypatch.setattr(furniture, "patterns", lambda where="": re.compile("(?!)") if where else line)
    for module in (page, lift):
        monkeypatch.setattr(module, "RULES", 2)


def test_unchanged_captures_give_no_version_and_no_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    late = poll(desk.store, "old", 300, range(20, 60))  # by a process of the old rules, which land while we replay
    new_rules(monkeypatch)
    for document in poll(desk.store, "new", 360, range(40)):  # by a live poll of the new rules, before we replay
        land(desk, document)
    work = Replay(desk, Wanted(DAY, DAY))
    sums = work.work_out()
    assert (sums.captures, sums.changed, sums.kept) == (1040, ARTICLES, {})
    refused = 0
    for document in late[:20]:  # worked out, and not yet written
        refused += refuses(partial(land, desk, document))
    landings = iter(late[20:])

    def meanwhile(_: str) -> None:
        nonlocal refused
        for document in [next(landings, None)]:
            refused += document is not None and refuses(partial(land, desk, document))

    work.write(meanwhile)
    assert 0 < refused < len(late)
    again = Replay(desk, Wanted(DAY, DAY))
    assert 0 < again.work_out().changed < len(late), "what the old process landed between"
    again.write()
    keys = [key for key in map(parse, bucket(desk.store, "documents/")) if key]
    assert {key.edition for key in keys} == {"c2"}
    assert len([key for key in keys if key.kind == "json"]) == len({key.id for key in keys}) == ARTICLES
    assert len(keys) == 1040 + len(late) - refused
    assert tables.read(desk.store, "changes").num_rows == 0
    rows = tables.read(desk.store, "documents").to_pylist()
    assert len(rows) == ARTICLES
    assert not [row for row in rows if LINE in row["text"]]
    assert {row["captured_at"] for row in rows} == {NOON}, "the document is that of the first capture still"


def refuses(land_it: partial[None]) -> bool:
    try:
        land_it()
    except NewerEdition:
        return True
    return False
