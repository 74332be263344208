"""`newsroom steps`: what is installed, and how much of what landed was made by something else."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pipeline.cli import json_line, json_option, opened, store_option
from pipeline.errors import NewsroomError

if TYPE_CHECKING:
    from pipeline.steps import Step
    from pipeline.store import Store


@click.command()
@store_option
@json_option
def steps(store: str | None, as_json: bool) -> None:
    """The enrichment steps in sequence: name, version, task, languages, needs, model, tables, stale documents.

    A document is stale where a layer is missing, or where another version or model made it than the installed one.
    """
    from pipeline.config import settings
    from pipeline.parse import Parser
    from pipeline.stages.ready import require_models
    from pipeline.steps import all_steps

    require_models(Parser(settings().model))
    installed = all_steps()
    found = known_stale(store, installed)
    rows = [described(step) | {"stale": found.steps[step.name] if found else None} for step in installed]
    if as_json:
        for row in rows:
            json_line(row)
        return
    lines = [list(rows[0]), *([words(key, value) for key, value in row.items()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if found:
        click.echo(found.told())


class Stale(NamedTuple):
    """All documents; those that are stale by a step, by any of them, and by older rules of cleaning; their days."""

    documents: int
    steps: Counter[str]
    annotated: int
    cleaned: int
    days: list[date]

    def told(self) -> str:
        if not self.days:
            return f"{self.documents} documents, none of them stale"
        first, last = min(self.days), max(self.days)
        again = f"newsroom replay --date {first}" + (f" --to {last}" if first != last else "")
        stale = f"{self.annotated} stale by their layers, {self.cleaned} by their cleaning rules"
        return f"{self.documents} documents, {stale}: `{again}` makes them anew"


def known_stale(url: str | None, installed: Iterable["Step"]) -> Stale | None:
    """What the tables say; None, and a line on stderr, where they cannot be read: the steps are listed all the same."""
    try:
        return stale_in(opened(url), installed)
    except NewsroomError as error:
        click.echo(f"newsroom: how many documents are stale is not known: {error}", err=True)
        return None


def stale_in(store: "Store", installed: Iterable["Step"]) -> Stale:
    from pipeline.clean.rules import RULES
    from pipeline.config import settings
    from pipeline.parse import Parser
    from pipeline.steps import stale
    from pipeline.tables import columns

    kinds = Counter(
        (row["date"], int(row["edition"][1:]) < RULES, tuple(row["layers"] or ()))
        for row in columns(store, "documents", "date", "edition", "layers")
    )
    parser, by_step, annotated, cleaned, days = Parser(settings().model), Counter[str](), 0, 0, list[date]()
    for (day, is_older, layers), number in kinds.items():
        names = stale(dict(layers), installed, parser)
        by_step.update(dict.fromkeys(names, number))
        annotated += number if names else 0
        cleaned += number if is_older else 0
        days += [day] if names or is_older else []
    return Stale(kinds.total(), by_step, annotated, cleaned, days)


def described(step: "Step") -> dict[str, Any]:
    """A step as plain data; languages are null where it reads any; a model of one language is told with its code."""
    from pipeline.config import settings
    from pipeline.parse import Parser

    parser = Parser(settings().model)
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
