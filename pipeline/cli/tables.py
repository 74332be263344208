"""`newsroom tables rebuild`: the tables, made anew from the documents and the ledger."""

import click

from pipeline.cli import opened, store_option


@click.group()
def tables() -> None:
    """The Delta tables for analysis."""


@tables.command()
@store_option
def rebuild(store: str | None) -> None:
    """Makes every table anew from documents/ and ledger/; safe at any time, as runs write the same rows."""
    from pipeline.tables import rebuild as make_anew

    bucket = opened(store)
    bucket.check()
    make_anew(bucket)
    click.echo(f"the tables in {bucket.url} are made anew")
