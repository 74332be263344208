"""Files that their owner alone reads: credentials drawn on this machine."""

import os
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, draw: Callable[[], str]) -> str:
    """What the file says; drawn and written when it is not there."""
    if not path.exists():
        write_private(path, draw())
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Writes the whole file or nothing; nobody else may read it at any time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
