"""The `newsroom` command: one file per group of commands, each imported only when it is called."""

import importlib
import signal
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import NewsroomError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.stages.desk import Desk
    from pipeline.store import Store

COMMANDS = {
    "ingest": "One run over the sources that are due.",
    "annotate": "Cleans and annotates files, URLs or JSON lines; prints documents.",
    "archive": "Lands what an archive holds: WARC, folders of pages, JSON lines, agency items.",
    "replay": "Cleans or annotates days again from what was kept; fetches nothing.",
    "show": "An annotated article, for a person to read.",
    "diff": "What changed between the versions of an article.",
    "why": "Every time that an entry with this URL was seen, and what became of it.",
    "runs": "What ran, and the sums.",
    "sources": "The declared sources and their health.",
    "tables": "Makes the tables for analysis anew.",
    "quarantine": "What failed for good, with its reason and what came; sends it again.",
    "doctor": "What is misconfigured, and the mend.",
    "steps": "The enrichment steps, in sequence.",
}


class Late(click.Group):
    """Imports a command's file when it is called for: listing them all costs nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"pipeline.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Late, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsroom", message="%(version)s")
def newsroom() -> None:
    """News feeds in, annotated articles out."""


def main() -> None:
    """Runs a command: exit status 0 done, 1 something failed, 2 wrong usage; an error is one line on stderr."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: with a word, and no orphan
    try:
        newsroom(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit("newsroom: stopped")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except UsageError as error:
        warn(str(error))
        sys.exit(2)
    except NewsroomError as error:
        sys.exit(f"newsroom: {error}")


def warn(line: str) -> None:
    """Says on stderr what is wrong, beside what was asked for."""
    click.echo(f"newsroom: {line}", err=True)


def moment(text: str) -> "datetime":
    from pipeline.config import moment

    return moment(text)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"not a day such as 2026-11-22: {text!r}") from None


store_option = click.option("--store", metavar="URL", help="file:///path or s3://bucket/prefix; see NEWSROOM_STORE.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
now_option = click.option("--now", type=moment, metavar="TIME", help="The time to go by, such as 2026-11-22T10:15:00Z.")
sources_option = click.option(
    "--sources", type=click.Path(path_type=Path), metavar="FILE", help="The sources file; see NEWSROOM_SOURCES."
)
take_over_option = click.option("--take-over", is_flag=True, help="Close the runs that are still open: they are dead.")


def json_line(value: object) -> None:
    """Prints a line of what `--json` asked for."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())


def opened(url: str | None) -> "Store":
    """The store of an option, else of the settings."""
    from pipeline.config import settings
    from pipeline.store import open_store

    known = settings()
    if url and url != known.store:
        return open_store(url)
    return open_store(
        known.store,
        endpoint=known.environ.get("AWS_ENDPOINT_URL"),
        key=known.environ.get("AWS_ACCESS_KEY_ID"),
        secret=known.environ.get("AWS_SECRET_ACCESS_KEY"),
    )


def desk_of(store: str | None, sources: Path | None = None, now: "datetime | None" = None) -> "Desk":
    """The desk of a command's options."""
    from pipeline.config import settings
    from pipeline.stages.desk import open_desk

    return open_desk(settings(), opened(store), (sources,) if sources else (), now)
