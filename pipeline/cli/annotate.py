"""`newsroom annotate`: files, URLs or JSON lines in, documents as JSON lines out."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec
from msgspec import UNSET

from pipeline.cli import desk_of, now_option, warn
from pipeline.errors import Failed, NewsroomError, Rejected, UsageError

if TYPE_CHECKING:
    from pipeline.stages.annotate import Given
    from pipeline.stages.desk import Desk


@click.command()
@click.argument("inputs", nargs=-1, metavar="[FILE | URL | -]...")
@click.option(
    "--jsonl", type=click.Path(path_type=Path), metavar="IN", help='JSON lines with "html" or "text"; - is stdin.'
)
@now_option
def annotate(inputs: tuple[str, ...], jsonl: Path | None, now: datetime | None) -> None:
    """Cleans and annotates HTML or text, and prints documents as JSON lines; touches no store.

    Exit status 1 where a file or URL gave no document; the others are answered.
    """
    from pipeline.stages.annotate import annotate as annotate_all
    from pipeline.stages.annotate import line

    if bool(inputs) == bool(jsonl):
        raise UsageError("name files or URLs, or --jsonl FILE: newsroom annotate --help")
    desk = desk_of("file:///nowhere", now=now)  # a store that nobody asks
    failed = 0
    for answer in annotate_all(desk, from_lines(jsonl) if jsonl else (from_input(desk, name) for name in inputs)):
        sys.stdout.buffer.write(line(answer))
        sys.stdout.buffer.flush()
        for step, reason in answer.missing.items():
            warn(f"{answer.given.name}: step {step} failed: {reason}")
        if answer.error and (not jsonl or isinstance(answer.error, Failed)):
            failed += 1
            warn(f"{answer.given.name}: {answer.error.reason}")
    if failed:
        sys.exit(1)


def from_input(desk: "Desk", name: str) -> "Given":
    return from_url(desk, name) if name.startswith(("http://", "https://")) else from_file(name)


def from_lines(path: Path) -> Iterator["Given"]:
    """The inputs of a file of JSON lines; a line that cannot be read is an input too."""
    try:
        file: IO[bytes] = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    except OSError as error:
        raise NewsroomError(f"{path}: {error.strerror}") from None
    with file:
        for number, raw in enumerate(file, 1):
            if raw.strip():
                yield from_line(raw, number)


def from_line(raw: bytes, number: int) -> "Given":
    from pipeline.archives.lines import read_line
    from pipeline.stages.annotate import Given

    try:
        found = read_line(raw, number)
    except Failed as error:
        return Given(name=name_of(raw, number), error=error)
    return Given(
        name=number if found.id in (UNSET, None) else found.id,
        url=found.url,
        title=found.title,
        captured_at=found.captured_at,
        page=None if found.html is None else found.html.encode("utf-8", "replace"),
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        text=found.text,
    )


def name_of(raw: bytes, number: int) -> Any:
    """The id of a line whose other fields are wrong; its number where that cannot be read either."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return number
    name = found.get("id") if isinstance(found, dict) else None
    return number if name is None else name


def from_file(name: str) -> "Given":
    """A page where the bytes look like one, else a text."""
    from pipeline.clean import is_page
    from pipeline.clean.decoding import decode_text
    from pipeline.stages.annotate import Given

    try:
        body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        return Given(name=name, error=Failed(error.strerror or str(error)))
    if is_page(body):
        return Given(name=name, page=body)
    try:
        return Given(name=name, text=decode_text(body))
    except Rejected as error:
        return Given(name=name, error=error)


def from_url(desk: "Desk", url: str) -> "Given":
    """A page from the web, by the same guarded client as every other."""
    from pipeline.stages.annotate import Given
    from pipeline.stages.desk import NO_CONTACT
    from pipeline.stages.fetch import PAGES
    from pipeline.web.client import Client

    source = desk.source("pasted")
    if not desk.may_ask(source, url):
        return Given(name=url, error=Failed(NO_CONTACT))

    async def get() -> Any:
        async with Client(desk.contact, now=desk.clock) as client:
            return await client.get(url, allow_hosts=desk.allowed_hosts(source, url), accepts=PAGES)

    answer = asyncio.run(get())
    if answer.error:
        return Given(name=url, error=answer.error)
    return Given(name=url, url=answer.url, captured_at=answer.at, page=answer.body, headers=answer.headers)
