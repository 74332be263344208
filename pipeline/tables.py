"""The Delta tables: what lies in documents/ and ledger/ as rows for analysis, partitioned by day.

They follow the folders: the rows of a touched article are written anew from the listing of its folder, so that doing
it twice, late or after somebody else's change is harmless.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

from pipeline import delta, ledger
from pipeline.documents import document_at, gone_since, settled
from pipeline.errors import NotFound, StoreError
from pipeline.landing import document_key, listed
from pipeline.model import Outcome
from pipeline.rows import ARTICLE_TABLES, COLUMNS, Folder, Row, outcome_row
from pipeline.store import Store
from pipeline.vectors import Vectors

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

AT_ONCE = 500
"""Articles of one commit: bounds memory, and the predicate that each commit records."""

READERS = 8  # threads that wait for the store
TRIES = 30
"""Listings of a folder that changes before its documents are read."""


def publish_articles(store: Store, articles: Iterable[str], vectors: Vectors | None = None) -> None:
    """Writes the rows of these articles anew in every table: one commit a table for up to `AT_ONCE` of them.

    They are taken in their order: articles of one day should stand together, for a commit looks through its days.
    """
    for some in _portions(list(dict.fromkeys(articles))):
        pinned = {name: delta.opened(store, name, schema(name)) for name in ARTICLE_TABLES}
        folders = list(_folders(store, some, vectors))  # once for all tables, as long as nobody is between
        for name, table in pinned.items():
            _follow(store, table, name, folders, vectors)


def publish_outcomes(store: Store, run: str, outcomes: Iterable[Outcome]) -> None:
    """Writes the rows of some batches of a run's ledger anew."""
    rows = [outcome_row(outcome) for outcome in outcomes]
    batches = _quoted({row["batch"] for row in rows})
    if rows:
        where = f"date = '{ledger.day(run)}' AND run = '{run}' AND batch IN ({batches})"
        _commit(store, "outcomes", lambda: _table("outcomes", rows), where, [ledger.day(run)])


def rebuild(store: Store) -> None:
    """Makes every table anew, also one with other columns, from all documents and the ledger: one commit each."""
    for name in ARTICLE_TABLES:
        _commit(store, name, lambda name=name: _stream(name, _all_rows(store, name)), None)  # type: ignore[misc]
    _commit(store, "outcomes", lambda: _stream("outcomes", map(outcome_row, ledger.seen(store))), None)


def read(store: Store, name: str) -> "pa.Table":
    """The rows of a table, in no order; an empty table where nothing was published yet."""
    found = delta.found(store, name)
    with delta.named_errors(store, name):
        return schema(name).empty_table() if found is None else found.to_table()


def columns(store: Store, name: str, *wanted: str, days: tuple[date, date] | None = None) -> Iterator[Row]:
    """Some columns of every row, or of those of some days, by and by; nothing where nothing was published yet."""
    from pyarrow.dataset import field

    found = delta.found(store, name)
    of_days = days and (field("date") >= days[0]) & (field("date") <= days[1])
    with delta.named_errors(store, name):
        for batch in found.to_batches(columns=list(wanted), filter=of_days) if found else ():
            yield from batch.to_pylist()


def schema(name: str) -> "pa.Schema":
    """The Arrow schema of a table."""
    import pyarrow as pa

    mention = pa.struct({"start": pa.int64(), "end": pa.int64(), "text": pa.string()})
    types = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "number": pa.int64(),
        "words": pa.map_(pa.string(), pa.string()),
        "numbers": pa.map_(pa.string(), pa.int64()),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("us", tz="UTC"),
        "mentions": pa.list_(mention),
        "vector": pa.list_(pa.float32()),
    }
    return pa.schema([(column, types[kind]) for column, kind in COLUMNS[name].items()])


def _follow(store: Store, table: "DeltaTable", name: str, folders: list[Folder], vectors: Vectors | None) -> None:
    """Writes the rows of these folders; lists again where somebody wrote rows of theirs since `table` was opened.

    A table is opened before the folders are listed: whoever lists later and commits sooner makes us list again. What
    others wrote of other articles makes us commit again, no more.
    """
    some, since = {folder.id for folder in folders}, table.version()

    def write(table: "DeltaTable") -> bool:
        nonlocal folders, since
        if delta.touched(store, name, since, table.version(), some):
            since, folders = table.version(), list(_folders(store, some, vectors))
        if not delta.overwritten(table, *_anew(name, folders)):
            return False
        if delta.touched(store, name, since, table.version() - 1, some):
            return False
        delta.tidied(table, {day for folder in folders for day in folder.days})
        return True

    delta.tried(store, name, schema(name), write, table)


def _commit(
    store: Store,
    name: str,
    make: "Callable[[], pa.Table | pa.RecordBatchReader]",
    where: str | None,
    days: Iterable[str] = (),
) -> None:
    """Overwrites what a predicate finds (None: all) with what `make` gives; made again where others were between."""

    def write(table: "DeltaTable") -> bool:
        done = delta.overwritten(table, make(), where)
        if done:
            delta.tidied(table, set(days))
        return done

    delta.tried(store, name, schema(name), write)


def _anew(name: str, folders: list[Folder]) -> "tuple[pa.Table, str]":
    """The rows of these folders, and what they take the place of."""
    rows = [row for folder in folders for row in ARTICLE_TABLES[name][1](folder)]
    where = f"id IN ({_quoted(folder.id for folder in folders)})"
    if all(folder.days for folder in folders):  # else all is searched for rows of what is no more there
        days = f"date IN ({_quoted({day for folder in folders for day in folder.days})})"
        # A feed's body gives way to the page and leaves no key that tells its day: files with feeds are searched too.
        pages = any(not key.is_feed for folder in folders for key in folder.captures)
        where = f"({days} OR edition >= 'f') AND {where}" if pages else f"{days} AND {where}"
    return _table(name, rows), where


def _folders(store: Store, articles: Iterable[str], vectors: Vectors | None = None) -> Iterator[Folder]:
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(lambda article: _folder(store, article, vectors or {}), articles)


def _folder(store: Store, article: str, vectors: Vectors) -> Folder:
    for _ in range(TRIES):
        keys = settled(listed(store, article))
        try:
            found = {key: document_at(store, key) for key in sorted(keys) if key.kind == "json"}
        except NotFound:
            continue  # became `.seen` since the listing
        return Folder(article, keys, found, document_key(sorted(keys)), gone_since(keys), vectors)
    raise StoreError(f"{store.url}: the folder of {article} changes faster than it can be read")


def _all_rows(store: Store, name: str) -> Iterator[Row]:
    articles = list({one.key.split("/")[2]: None for one in store.keys("documents/") if one.key.count("/") == 3})
    for some in _portions(articles):
        for folder in _folders(store, some):
            yield from ARTICLE_TABLES[name][1](folder)


def _table(name: str, rows: list[Row]) -> "pa.Table":
    import pyarrow as pa

    made = [row | {"date": date.fromisoformat(row["date"])} for row in rows]
    return pa.Table.from_pylist(made, schema=schema(name))


def _stream(name: str, rows: Iterator[Row]) -> "pa.RecordBatchReader":
    """Rows by and by: all of them may not fit into memory."""
    import pyarrow as pa

    def batches() -> "Iterator[pa.RecordBatch]":
        portion: list[Row] = []
        for row in rows:
            portion.append(row)
            if len(portion) == AT_ONCE:
                yield from _table(name, portion).to_batches()
                portion.clear()
        yield from _table(name, portion).to_batches()

    return pa.RecordBatchReader.from_batches(schema(name), batches())


def _portions(articles: list[str]) -> Iterator[list[str]]:
    return (articles[at : at + AT_ONCE] for at in range(0, len(articles), AT_ONCE))


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))
