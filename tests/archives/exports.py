"""Made-up exports: towns, papers and people that nobody has heard of."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from pipeline.archives.places import ArchiveFile, opened
from pipeline.clean.worker import Page
from pipeline.errors import EntryError
from pipeline.model import Document, Item

FILED = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
"""The time of every file."""

PARAGRAPHS = (
    "The harbour council of Saltwick voted on Tuesday to keep the old ferry running, in a hall too small for all.",
    "Ada Holm, who has steered the ferry for nineteen years, said that she would sail as long as the engine let her.",
    "The bridge that is to take its place opens in the spring, a year later than was promised to the islands.",
)


def file_of(folder: Path, name: str, content: bytes | str) -> ArchiveFile:
    """A file of an archive whose root is the folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (FILED.timestamp(), FILED.timestamp()))
    found = opened(path.as_uri(), name)
    assert found
    return found


def answers(reader: ModuleType, file: ArchiveFile) -> list[tuple[Item, Page | EntryError]]:
    """What a file holds, read all at once; read one by one it is the same."""
    items = list(reader.index(file))
    found = list(reader.read(file, items, "tern-archive"))
    alone = [answer for item in reversed(items) for answer in reader.read(file, [item], "tern-archive")]
    assert [told(one) for one in found] == [told(one) for one in reversed(alone)]
    return list(zip(items, found, strict=True))


def told(answer: Page | EntryError) -> Page | str:
    return answer if isinstance(answer, Page) else answer.reason


def pages(reader: ModuleType, file: ArchiveFile) -> list[Page]:
    return [answer for _, answer in answers(reader, file) if isinstance(answer, Page)]


def reasons(reader: ModuleType, file: ArchiveFile) -> list[str]:
    return [answer.reason for _, answer in answers(reader, file) if isinstance(answer, EntryError)]


def cleaned(page: Page) -> Document:
    from pipeline.clean.worker import clean_page

    return clean_page(page)


def html(paragraphs: Sequence[str] = PARAGRAPHS) -> str:
    return "".join(f"<p>{one}</p>" for one in paragraphs)
