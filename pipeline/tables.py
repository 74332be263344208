"""The Delta tables: what lies in documents/ and ledger/ as rows for analysis, partitioned by day.

They follow the folders: the rows of a touched article are written anew from the listing of its folder, so that doing
it twice, late or after somebody else's change is harmless.
"""

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline import ledger
from pipeline.documents import decode, gone_since, settled
from pipeline.errors import NotFound, StoreError
from pipeline.landing import document_key, listed
from pipeline.model import Outcome
from pipeline.rows import ARTICLE_TABLES, COLUMNS, Folder, Row, outcome_row
from pipeline.store import Store

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

AT_ONCE = 500
"""Articles of one commit: bounds memory, and the predicate that each commit records."""

READERS = 8  # threads that wait for the store
TRIES = 30
"""Commits of others in a row that we give way to."""

FAULTS = 5
"""Failed requests of one commit, each tried again by the library before, after which the store is at fault."""


COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # the library's messages have it


def publish_articles(store: Store, articles: Iterable[str]) -> None:
    """Writes the rows of these articles anew in every table: one commit a table for up to `AT_ONCE` of them."""
    for some in _portions(sorted(set(articles)), AT_ONCE):
        pinned = {name: _opened(store, name) for name in ARTICLE_TABLES}
        folders = list(_folders(store, some))  # once for all tables, as long as nobody is between
        for name, table in pinned.items():
            first = (table, *_anew(name, some, folders))
            _commit(store, name, lambda some=some, name=name: _anew(name, some, list(_folders(store, some))), first)  # type: ignore[misc]


def publish_outcomes(store: Store, run: str, outcomes: Iterable[Outcome]) -> None:
    """Writes the rows of a run's ledger anew."""
    rows = [outcome_row(outcome) for outcome in outcomes]
    where = f"date = '{ledger.day(run)}' AND run = '{run}'"
    _commit(store, "outcomes", lambda: (_table("outcomes", rows), where))


def rebuild(store: Store) -> None:
    """Makes every table anew, also one with other columns, from all documents and the ledger: one commit each."""
    for name in ARTICLE_TABLES:
        _commit(store, name, lambda name=name: (_stream(name, _all_rows(store, name)), None))  # type: ignore[misc]
    _commit(store, "outcomes", lambda: (_stream("outcomes", map(outcome_row, ledger.seen(store))), None))


def read(store: Store, name: str) -> "pa.Table":
    """The rows of a table, in no order; an empty table where nothing was published yet."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    uri, options = store.table(name)
    with _named_errors(store, name):
        try:
            return DeltaTable(uri, storage_options=options).to_pyarrow_table()
        except TableNotFoundError:
            return schema(name).empty_table()


def columns(store: Store, name: str, *wanted: str, days: tuple[date, date] | None = None) -> Iterator[Row]:
    """Some columns of every row, or of those of some days, by and by; nothing where nothing was published yet."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError
    from pyarrow.dataset import field

    uri, options = store.table(name)
    with _named_errors(store, name):
        try:
            found = DeltaTable(uri, storage_options=options).to_pyarrow_dataset()
        except TableNotFoundError:
            return
        of_days = days and (field("date") >= days[0]) & (field("date") <= days[1])
        for batch in found.to_batches(columns=list(wanted), filter=of_days):
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


def _anew(name: str, articles: list[str], folders: list[Folder]) -> "tuple[pa.Table, str]":
    """The rows of these articles by their folders, and what they take the place of."""
    rows = [row for folder in folders for row in ARTICLE_TABLES[name][1](folder)]
    where = f"id IN ({_quoted(articles)})"
    if all(folder.days for folder in folders):  # else all is searched for rows of what is no more there
        days = _quoted({day for folder in folders for day in folder.days})
        # A feed's body gives way to the page and leaves no key that tells its day: files with feeds are searched too.
        where = f"(date IN ({days}) OR edition >= 'f') AND {where}"
    return _table(name, rows), where


def _folders(store: Store, articles: Iterable[str]) -> Iterator[Folder]:
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(lambda article: _folder(store, article), articles)


def _folder(store: Store, article: str) -> Folder:
    for _ in range(TRIES):
        keys = settled(listed(store, article))
        try:
            found = {key: decode(store.get(str(key)).body) for key in sorted(keys) if key.kind == "json"}
        except NotFound:
            continue  # became `.seen` since the listing
        return Folder(keys, found, document_key(sorted(keys)), gone_since(keys))
    raise StoreError(f"{store.url}: the folder of {article} changes faster than it can be read")


def _all_rows(store: Store, name: str) -> Iterator[Row]:
    articles = list({one.key.split("/")[2]: None for one in store.keys("documents/") if one.key.count("/") == 3})
    for some in _portions(articles, AT_ONCE):
        for folder in _folders(store, some):
            yield from ARTICLE_TABLES[name][1](folder)


def _commit(
    store: Store,
    name: str,
    make: "Callable[[], tuple[pa.Table | pa.RecordBatchReader, str | None]]",
    first: "tuple[DeltaTable, pa.Table, str] | None" = None,
) -> None:
    """Overwrites what a predicate finds (None: all) with what `make` gives; made again where others were between.

    A table is opened before the folders are listed, also in `first`, which is tried before `make`: whoever lists later
    and commits sooner makes us list again.
    """
    from deltalake import write_deltalake
    from deltalake.exceptions import CommitFailedError, DeltaError

    faults = 0
    with _named_errors(store, name):
        for tried in range(TRIES):
            table, rows, where = first or (_opened(store, name), *make())
            change: Any = "overwrite" if where is None else None
            try:
                write_deltalake(table, rows, mode="overwrite", predicate=where, schema_mode=change)
                return
            except CommitFailedError:
                pass
            except (DeltaError, OSError):  # the library gives up a body that was cut; the same rows may be put again
                faults += 1
                if faults == FAULTS:
                    raise
            first = None
            time.sleep(random.uniform(0, 0.05 * (tried + 1)))  # noqa: S311 - spreads writers, guards nothing
    raise StoreError(f"{store.url}: table {name} changes faster than it can be written")


def _opened(store: Store, name: str) -> "DeltaTable":
    """The table as it is now, made where there is none; of two makers one may find it made."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    uri, options = store.table(name)
    with _named_errors(store, name):
        for _ in range(FAULTS):
            try:
                return DeltaTable(uri, storage_options=options)
            except TableNotFoundError:
                pass
            except (DeltaError, OSError) as error:
                failed: Exception = error
                continue
            try:
                return DeltaTable.create(
                    uri, schema(name), mode="ignore", partition_by=["date"], name=name, storage_options=options
                )
            except (DeltaError, OSError) as error:
                failed = error
        raise failed
    raise AssertionError("unreachable")


@contextmanager
def _named_errors(store: Store, name: str) -> Iterator[None]:
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError) as error:
        line = " ".join(COLOUR.sub("", str(error)).split())[:300]
        mend = f"if it is damaged, delete tables/{name}/ and run `newsroom tables rebuild`"
        raise StoreError(f"{store.url}: table {name}: {line}: {mend}") from error


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


def _portions(articles: list[str], size: int) -> Iterator[list[str]]:
    return (articles[at : at + size] for at in range(0, len(articles), size))


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))
