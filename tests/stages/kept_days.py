"""Captures of two articles in raw/, landed by the present rules; tests raise these, and replay the days."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline import captures, landing, tables
from pipeline.clean import clean, clean_body, furniture, page
from pipeline.config import read
from pipeline.documents import decode, encode, parse
from pipeline.model import Annotation, Document, Entry, Exchange
from pipeline.stages import lift
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.enrich import annotated
from pipeline.stages.lift import Wanted
from pipeline.stages.replay import Replay
from pipeline.stages.tally import Sums
from pipeline.steps import all_steps
from pipeline.store import Store
from pipeline.store.folder import FolderStore

NOON = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
DAY = date(2026, 11, 22)
FERRIES, BRIDGE = "https://tern.example/harbour/ferries-stop-sailing", "https://tern.example/harbour/bridge-is-shut"
FIRST = "Crews on the ferries of Solvik voted to strike on Monday after talks over pay and rest hours broke down."
SECOND = "“We will stay in port until there is an offer,” said Ada Holm, who leads the union of the ferry crews."
THIRD = "The harbour office said that the line to Oslo would not sail before Thursday, whatever the crews decide."
COUNTER = "Shared {} times by readers of the Tern this week"


def html(*paragraphs: str) -> str:
    said = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<html lang=en><title>Ferries stop</title><body><main><article>{said}</article></main></body></html>"


def exchange(url: str, minute: int, body: str) -> Exchange:
    kind = (("Content-Type", "text/html; charset=utf-8"),)
    return Exchange(
        url=url,
        at=NOON + timedelta(minutes=minute),
        request_headers=(),
        status=200,
        reason="OK",
        headers=kind,
        payload=body.encode(),
    )


PAGES = [
    (FERRIES, 0, html(FIRST, SECOND, COUNTER.format(4))),
    (FERRIES, 60, html(FIRST, SECOND, COUNTER.format(17))),  # a version by the old rules
    (FERRIES, 120, html(FIRST, SECOND, COUNTER.format(17), THIRD)),
    (FERRIES, 180, html(FIRST, SECOND, COUNTER.format(17), THIRD)),
    (BRIDGE, 0, html(SECOND, THIRD)),
    (BRIDGE, 13 * 60, html(SECOND, THIRD)),  # the day after, by a run of the day
]


def keep(store: Store, items: Iterable[tuple[Entry, tuple[Exchange, ...]]], name: str = "000") -> None:
    stem = f"raw/date=2026-11-22/20261122T110000Z-ab12-{name}"
    written = captures.write(items, key=f"{stem}.warc.gz", now=NOON)
    store.put(f"{stem}.warc.gz", written.warc)
    store.put(f"{stem}.cdxj", written.cdxj)


def ingest(desk: Desk) -> None:
    """Lands whatever raw/ holds by the present rules, in the order of its captures."""
    found = []
    for listed in desk.store.keys("raw/"):
        if listed.key.endswith(".warc.gz"):
            found += captures.scan(desk.store.get(listed.key).body, key=listed.key)
    for kept, entry in sorted(found, key=lambda one: one[0].at):
        capture, _ = captures.read(desk.store, kept.ref)
        assert entry
        made = clean_body(entry, capture) if entry.body else clean(capture, entry)
        land(desk, made)


def land(desk: Desk, made: Document) -> None:
    if landing.known(desk.store, made):
        landing.see(desk.store, made)
    else:
        landing.land(desk.store, annotated(made, all_steps(), desk.parser)[0])


def filled(store: Store) -> Desk:
    desk = open_desk(read({}), store)
    keep(store, [(Entry(source="tern", url=url), (exchange(url, minute, body),)) for url, minute, body in PAGES])
    ingest(desk)
    tables.publish_articles(store, articles(store))
    return desk


def articles(store: Store) -> set[str]:
    return {key.id for listed in store.keys("documents/") if (key := parse(listed.key))}


def bucket(store: Store, prefix: str = "") -> dict[str, bytes]:
    return {listed.key: store.get(listed.key).body for listed in store.keys(prefix)}


def rows(store: Store, name: str) -> list[str]:
    return sorted(repr(row) for row in tables.read(store, name).to_pylist())


def copy(store: Store, to: Path) -> FolderStore:
    made = FolderStore(f"file://{to}")
    for key, body in bucket(store).items():
        made.put(key, body)
    return made


def raise_rules(monkeypatch: pytest.MonkeyPatch, number: int = 2) -> None:
    pattern = re.compile(COUNTER.format(r"\d+"))
    monkeypatch.setattr(furniture, "patterns", lambda where="": re.compile("(?!)") if where else pattern)
    monkeypatch.setattr(page, "RULES", number)
    monkeypatch.setattr(lift, "RULES", number)


def relabel(store: Store, layer: str, **more: object) -> None:
    """Every document as if something else had made the layer."""
    for key, body in bucket(store, "documents/").items():
        if body:
            made = decode(body)
            other = Annotation(**({"version": 1, "model": "old", "value": []} | more))  # type: ignore[arg-type]
            store.put(key, encode(replace(made, annotations={**made.annotations, layer: other})))


def play(desk: Desk, start: str | None = "clean", day: date = DAY) -> Sums:
    work = Replay(desk, Wanted(day, day, start))
    sums = work.work_out()
    work.write()
    return sums


class Dies(FolderStore):
    """A store whose process is killed at its n-th write."""

    left = 0

    def count(self) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1

    def put(self, key: str, body: bytes) -> str:
        self.count()
        return super().put(key, body)

    def put_new(self, key: str, body: bytes) -> bool:
        self.count()
        return super().put_new(key, body)

    def delete(self, key: str) -> None:
        self.count()
        super().delete(key)
