"""Finds the tables that ship with Newsroom."""

from functools import cache
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
