"""`newsroom quarantine`: what failed for good, why, what came; and sending it again."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import json_line, json_option, now_option, opened, store_option
from pipeline.errors import NewsroomError, UsageError

if TYPE_CHECKING:
    from pipeline.model import Outcome
    from pipeline.store import Store

FIRST_LINES = 12
"""Of a body that is shown."""


@click.command()
@click.argument("url", required=False)
@click.option("--reason", metavar="WORDS", help="Only what failed for a reason that begins so.")
@click.option("--source", metavar="NAME", help="Only entries of this source.")
@click.option("--send", "again", is_flag=True, help="Send what is chosen again: the next run takes it.")
@now_option
@store_option
@json_option
def quarantine(
    url: str | None,
    reason: str | None,
    source: str | None,
    again: bool,
    now: datetime | None,
    store: str | None,
    as_json: bool,
) -> None:
    """What failed for good: all of it, with URL (or guid, or id) one entry and what came for it.

    With --send what is chosen goes back into the queue of its source, with fresh tries.
    """
    from pipeline import quarantine as ward

    if again and (url, reason, source) == (None, None, None):
        raise UsageError("choose what to send again: a URL, --reason WORDS or --source NAME")
    bucket = opened(store)
    found = ward.chosen(ward.held(bucket), url, reason, source)
    if url and not found:
        raise NewsroomError(f"nothing with this URL is in quarantine in {bucket.url}: newsroom why {url} says more")
    if again:
        send(bucket, found, now)
    if as_json:
        put(bucket, found, whole=url is not None)
    elif url and not again:
        for line in found:
            show(bucket, line)
    elif not again:
        listing(found)


def send(store: "Store", found: list["Outcome"], now: datetime | None) -> None:
    from pipeline import quarantine as ward
    from pipeline.config import settings

    queued = [line for line in found if not ward.in_archive(line)]
    ward.send(store, queued, now or settings().now or datetime.now(UTC))
    left = len(found) - len(queued)
    if queued or not left:
        click.echo(f"{len(queued)} sent again: the next run takes them (newsroom ingest)", err=True)
    if left:
        click.echo(f"{left} not sent, as they lie in an archive: take that again by newsroom archive", err=True)


def listing(found: list["Outcome"]) -> None:
    """A line for each entry, and how many there are of each reason."""
    if not found:
        click.echo("Nothing is in quarantine.")
        return
    for line in found:
        name = f"{line.run}  {line.source}  {line.url or line.queued_as}"
        click.echo(plain(f"{name}  at {line.stage}: {line.reason}"))
    click.echo()
    for reason, number in Counter((line.reason or "").partition(":")[0] for line in found).most_common():
        click.echo(f"{number} {reason}")


def show(store: "Store", line: "Outcome") -> None:
    """One entry: what became of it, and the capture with its status, headers and first lines."""
    from pipeline.quarantine import evidence, in_archive

    said = [
        line.url or line.queued_as,
        line.title or "(no title)",
        f"failed    at {line.stage}: {line.reason}",
        f"source    {line.source}",
        f"run       {line.run}",
    ]
    came, ref = evidence(store, line), line.capture
    if came and ref:
        said += [
            f"capture   {ref.key}, byte {ref.offset}",
            f"came from {came.url}",
            f"status    {came.status}",
            *(f"  {name}: {value}" for name, value in came.headers),
            f"body      {len(came.body)} bytes{f', {came.odd}' if came.odd else ''}",
            *(f"  {text}" for text in head(came.body)),
        ]
    elif ref:
        where = f"{ref.key}, byte {ref.offset}" if in_archive(line) else f"gone from {ref.key}"
        said.append(f"capture   {where}")
    else:
        said.append("capture   none: nothing came")
    click.echo("\n".join(map(plain, said)))


def head(body: bytes) -> list[str]:
    """The first lines that hold something."""
    lines = (line.strip() for line in body[:20_000].decode("utf-8", "replace").splitlines())
    return [plain(line)[:200] for line in lines if line][:FIRST_LINES]


def plain(line: str) -> str:
    """Without what would steer a terminal: all of it came from elsewhere."""
    return "".join(c if c.isprintable() else "·" for c in line)


def put(store: "Store", found: list["Outcome"], *, whole: bool) -> None:
    """The ledger lines as JSON lines, one that was asked for with what came."""
    import msgspec

    from pipeline.quarantine import evidence

    for line in found:
        record: dict[str, Any] = msgspec.to_builtins(line)
        if whole:
            came = evidence(store, line)
            record["came"] = came and {**came._asdict(), "body": "\n".join(head(came.body))}
        json_line(record)
