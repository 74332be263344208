"""`newsroom steps`: what is installed, and how much of what landed was made by something else."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pipeline.cli import json_line, json_option, opened, store_option, warn
from pipeline.errors import NewsroomError

if TYPE_CHECKING:
    from pipeline.parse import Parser
    from pipeline.steps import Step
    from pipeline.store import Store

CLEAN = "clean"


@click.command()
@store_option
@json_option
def steps(store: str | None, as_json: bool) -> None:
    """Cleaning and the steps in sequence: name, version, task, languages, needs, model, tables, stale documents by day.

    A document is stale where a layer is missing, or where another version, model or tables made it than the installed
    ones; by `clean`, where older rules made it.
    """
    from pipeline.config import settings
    from pipeline.parse import Parser
    from pipeline.stages.ready import require_models
    from pipeline.steps import all_steps

    parser, installed = Parser(settings().model), all_steps()
    require_models(parser)
    found = known_stale(store, installed, parser)
    rows = [cleaning(), *(described(step, parser) for step in installed)]
    if as_json:
        for row in rows:
            json_line(row | found.by_day(row["step"]) if found else row | {"stale": None, "days": None})
        return
    for row in rows:
        row["stale"] = found.by_day(row["step"])["stale"] if found else None
    lines = [list(rows[0]), *([words(key, value) for key, value in row.items()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for said in found.told() if found else ():
        click.echo(said)


class Stale(NamedTuple):
    """Documents by day; of each day those that are stale, by step, by `clean` (older rules), and by any of them."""

    documents: Counter[date]
    by: dict[str, Counter[date]]
    any: Counter[date]

    def by_day(self, step: str) -> dict[str, Any]:
        days = self.by.get(step, Counter())
        return {"stale": days.total(), "days": {str(day): days[day] for day in sorted(days)}}

    def told(self) -> Iterator[str]:
        for day in sorted(self.any):
            steps = ", ".join(f"{name} {days[day]}" for name, days in self.by.items() if day in days)
            yield f"{day}: {self.any[day]} of {self.documents[day]} documents are stale: {steps}"
        if not self.any:
            yield f"{self.documents.total()} documents, none of them stale"
            return
        first, last = min(self.any), max(self.any)
        again = f"newsroom replay --date {first}" + (f" --to {last}" if first != last else "")
        yield f"{self.documents.total()} documents, {self.any.total()} of them stale: `{again}` makes them anew"


def known_stale(url: str | None, installed: Sequence["Step"], parser: "Parser") -> Stale | None:
    """What the tables say; None, and a line on stderr, where they cannot be read: the steps are listed all the same."""
    try:
        return stale_in(opened(url), installed, parser)
    except NewsroomError as error:
        warn(f"how many documents are stale is not known: {error}")
        return None


def stale_in(store: "Store", steps: Sequence["Step"], parser: "Parser") -> Stale:
    from pipeline.clean.rules import RULES
    from pipeline.steps import makers, stale
    from pipeline.tables import columns

    kinds = Counter(
        (row["date"], int(row["edition"][1:]) < RULES, tuple(row["layers"] or ()))
        for row in columns(store, "documents", "date", "edition", "layers")
    )
    now = makers(steps, parser)
    found = Stale(Counter(), {name: Counter() for name in (CLEAN, *(step.name for step in steps))}, Counter())
    for (day, is_older, layers), number in kinds.items():
        names = {*stale(dict(layers), now), *([CLEAN] if is_older else ())}
        found.documents[day] += number
        for name in names:
            found.by[name][day] += number
        if names:
            found.any[day] += number
    return found


def cleaning() -> dict[str, Any]:
    """What all steps stand on, as one of them: its version is the number of the rules."""
    from importlib.metadata import version

    from pipeline.clean.rules import RULES, TABLE_NAMES

    return {
        "step": CLEAN,
        "version": RULES,
        "task": CLEAN,
        "languages": None,
        "needs": [],
        "model": f"trafilatura {version('trafilatura')}",
        "tables": list(TABLE_NAMES),
    }


def described(step: "Step", parser: "Parser") -> dict[str, Any]:
    """A step as plain data; languages are null where it reads any; a model of one language is told with its code."""
    return {
        "step": step.name,
        "version": step.version,
        "task": step.task,
        "languages": None if step.languages is None else sorted(step.languages),
        "needs": list(step.needs),
        "model": ", ".join(f"{code}: {parser.model(code)}" for code in sorted(step.parse)) or step.model,
        "tables": list(step.tables),
    }


def words(key: str, value: Any) -> str:
    if value is None:
        return "any" if key == "languages" else "-"
    return ",".join(value) or "-" if isinstance(value, list) else str(value)
