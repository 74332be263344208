"""`newsroom doctor`: what is misconfigured."""

import click

from pipeline.cli import json_line, json_option, opened, store_option


@click.command()
@store_option
@json_option
def doctor(store: str | None, as_json: bool) -> None:
    """Looks at store, clock, disk, sources, contact, models and Airflow; says what is wrong, with the mend.

    Exit status 1 where something is wrong.
    """
    from datetime import UTC, datetime

    from pipeline.config import settings
    from pipeline.doctor import House, examine

    well = True
    for found in examine(House(settings(), opened(store), lambda: datetime.now(UTC))):
        well &= found.ok
        if as_json:
            json_line(found._asdict())
        else:
            click.echo(f"{'ok' if found.ok else 'WRONG':<6} {found.check:<8} {found.said}")
    if not well:
        raise SystemExit(1)
