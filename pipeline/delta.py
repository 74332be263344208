"""Delta tables of the store: opened, read, overwritten where a predicate says, kept in few files, faults named."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.errors import NotFound, StoreError
from pipeline.store import Store

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

TRIES = 30
"""Commits of others in a row that we give way to."""

FAULTS = 5
"""Failed requests of one commit, each tried again by the library before, after which the store is at fault."""

CHECKPOINT = "10"
"""Commits between checkpoints: whoever opens a table reads at most so many, each with the ids that it wrote."""

FILES = 16
"""Files of a day, from which on they are made one: a commit looks through all files of its days."""

SIZE = 8 * 1024 * 1024
"""Bytes of a file, which the library gathers in memory; and of a day for each `FILES`, so that a large one rests."""

VACUUM = 100
"""Commits between two looks for files that no version of the last seven days has: one is a listing of the table."""

QUIET = ("OPTIMIZE", "VACUUM START", "VACUUM END", "CREATE TABLE")
"""Commits that change no row."""

COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # the library's messages have it


def opened(store: Store, name: str, schema: "pa.Schema") -> "DeltaTable":
    """The table as it is now, made where there is none; of two makers one may find it made."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    uri, options = store.table(name)
    made: Any = {"mode": "ignore", "partition_by": ["date"], "configuration": {"delta.checkpointInterval": CHECKPOINT}}
    with named_errors(store, name):
        for left in reversed(range(FAULTS)):
            try:
                try:
                    return DeltaTable(uri, storage_options=options)
                except TableNotFoundError:
                    return DeltaTable.create(uri, schema, name=name, storage_options=options, **made)
            except (DeltaError, OSError):
                if not left:
                    raise
    raise AssertionError("unreachable")


def found(store: Store, name: str) -> "pa.dataset.Dataset | None":
    """The table for reading; None where nothing was published yet."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    uri, options = store.table(name)
    with named_errors(store, name):
        try:
            return DeltaTable(uri, storage_options=options).to_pyarrow_dataset()
        except TableNotFoundError:
            return None


def overwritten(table: "DeltaTable", rows: "pa.Table | pa.RecordBatchReader", where: str | None) -> bool:
    """Writes rows in the place of what a predicate finds (None: of all); False where others were between.

    Raises the library's errors for failed requests; the same rows may be put again.
    """
    from deltalake import write_deltalake
    from deltalake.exceptions import CommitFailedError

    change: Any = "overwrite" if where is None else None
    try:
        write_deltalake(table, rows, mode="overwrite", predicate=where, schema_mode=change, target_file_size=SIZE)
    except CommitFailedError:
        return False
    return True


def touched(store: Store, name: str, since: int, until: int, words: set[str]) -> bool:
    """Whether a commit behind version `since`, up to `until`, may have written rows of these words."""
    return any(not _apart(store, name, version, words) for version in range(since + 1, until + 1))


def _apart(store: Store, name: str, version: int, words: set[str]) -> bool:
    """By the log itself: the library's own `history` waits for ever where an answer of S3 was cut."""
    try:
        lines = store.get(f"tables/{name}/_delta_log/{version:020}.json").body.splitlines()
    except NotFound:
        return False  # the log was tidied up
    said: dict[str, Any] = next((found for line in lines if (found := msgspec.json.decode(line).get("commitInfo"))), {})
    where = said.get("operationParameters", {}).get("predicate")
    apart = bool(where) and words.isdisjoint(re.findall(r"'([^']*)'", str(where)))
    return apart or said.get("operation") in QUIET


def tried(
    store: Store,
    name: str,
    schema: "pa.Schema",
    write: "Callable[[DeltaTable], bool]",
    table: "DeltaTable | None" = None,
) -> None:
    """Lets `write` try until it answers True: on `table` first, where given, then on the table as it is by then."""
    from deltalake.exceptions import DeltaError

    faults = 0
    with named_errors(store, name):
        for count in range(TRIES):
            try:
                if write(table or opened(store, name, schema)):
                    return
            except (DeltaError, OSError):  # the library gives up a body that was cut
                faults += 1
                if faults == FAULTS:
                    raise
            table = None
            time.sleep(random.uniform(0, 0.05 * (count + 1)))  # noqa: S311 - spreads writers, guards nothing
    raise StoreError(f"{store.url}: table {name} changes faster than it can be written")


def tidied(table: "DeltaTable", days: set[str]) -> None:
    """Makes one file of many of these days, and now and then removes what no version has any more.

    Where others were between, or a request fails, a later commit does it. The library's own compaction is not asked:
    of two at once both are committed (1.6), and every row of the day is there twice.
    """
    from deltalake.exceptions import DeltaError
    from pyarrow.dataset import field

    first = table.version()
    with suppress(DeltaError, OSError):
        for day in _crowded(table, days):
            of_day = field("date") == date.fromisoformat(day)
            rows = table.to_pyarrow_dataset().scanner(filter=of_day).to_reader()
            if not overwritten(table, rows, f"date = '{day}'"):
                return
        if table.version() // VACUUM > (first - 1) // VACUUM:
            table.vacuum(dry_run=False)


def _crowded(table: "DeltaTable", days: set[str]) -> list[str]:
    """The days with many files for their size."""
    files = table.get_add_actions(flatten=True)
    number, size = Counter[str](), Counter[str]()
    for day, bytes_ in zip(files["partition.date"].to_pylist(), files["size_bytes"].to_pylist(), strict=True):
        number[day.isoformat()] += 1
        size[day.isoformat()] += bytes_
    return [day for day in sorted(days) if number[day] >= FILES * max(1, size[day] / SIZE)]


@contextmanager
def named_errors(store: Store, name: str) -> Iterator[None]:
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError) as error:
        line = " ".join(COLOUR.sub("", str(error)).split())[:300]
        mend = f"if it is damaged, delete tables/{name}/ and run `newsroom tables rebuild`"
        raise StoreError(f"{store.url}: table {name}: {line}: {mend}") from error
