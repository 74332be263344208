"""`newsroom steps`: what is installed."""

from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import json_option

if TYPE_CHECKING:
    from pipeline.steps import Step


@click.command()
@json_option
def steps(as_json: bool) -> None:
    """The enrichment steps in sequence: name, version, task, languages, needs, model, tables."""
    import msgspec

    from pipeline.steps import all_steps

    rows = [described(step) for step in all_steps()]
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(row).decode())
        return
    lines = [list(rows[0]), *([words(key, value) for key, value in row.items()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def described(step: "Step") -> dict[str, Any]:
    """A step as plain data; languages are null where it reads any."""
    from pipeline.config import settings

    return {
        "step": step.name,
        "version": step.version,
        "task": step.task,
        "languages": None if step.languages is None else sorted(step.languages),
        "needs": list(step.needs),
        "model": settings().model if step.parse else step.model,
        "tables": list(step.tables),
    }


def words(key: str, value: Any) -> str:
    if value is None:
        return "any" if key == "languages" else "-"
    return ",".join(value) or "-" if isinstance(value, list) else str(value)
