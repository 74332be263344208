"""Finds the tables that ship with Newsroom."""

from functools import cache
from hashlib import sha256
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
TABLES = SEEDS / "tables"


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of a table, without blank ones and those that begin with `#`."""
    text = (TABLES / name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The tab-separated fields of each line of a table."""
    return tuple(tuple(line.split("\t")) for line in lines(name))


@cache
def digest(names: tuple[str, ...]) -> str | None:
    """8 hex digits over what the tables say, comments left aside; None of no tables."""
    said = sha256()
    for name in names:
        is_text = name.endswith((".tsv", ".txt"))
        said.update("\n".join([name, *lines(name)]).encode() if is_text else (TABLES / name).read_bytes())
    return said.hexdigest()[:8] if names else None
