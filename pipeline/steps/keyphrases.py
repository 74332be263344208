"""The phrases that tell this article from others: noun phrases and names, where they stand first.

`score` is relative to the best phrase of the article, which has 1.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import log1p
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import seeds
from pipeline.languages import STOP_WORDS, stop_words
from pipeline.steps import SCORE_DIGITS, Reading, step

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

PLAIN_WORDS = "plain_words.txt"
MOST = 10
MOST_WORDS = 4
MOST_IN_ROW = 3  # words of a phrase without a parse
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
OPENING = 0.15  # of the text: what is named there is what the article is about
BOOST = 1.5  # for a phrase of the opening, and again for one with a word of the title
MANY_WORDS = 1.3  # "interest rates" says more than "rates"


class Phrase(NamedTuple):
    """A stretch of the text, and the lower-case words that it is compared by."""

    start: int
    end: int
    words: tuple[str, ...]


@step(
    version=1,
    task="names_and_quotes",  # the parse is at hand there: noun phrases cost 1 ms; runs of words hold verbs
    needs=("entities", "sentences"),
    languages=("de", "en", "es", "fr"),
    parse=("en",),
    tables=(STOP_WORDS, PLAIN_WORDS),
)
def keyphrases(reading: Reading) -> list[dict[str, Any]]:
    """At most ten phrases, best first."""
    words = (
        [token.lower_ for token in reading.parse] if reading.language == "en" else WORD.findall(reading.text.lower())
    )
    counts = Counter(word for word in words if is_telling(word, reading.language))
    phrases = noun_phrases(reading) if reading.language == "en" else repeated(reading)
    scores: dict[Phrase, float] = {}
    for phrase in sorted({*names(reading), *phrases}):
        if score := worth(phrase, counts, reading):
            scores[phrase] = score
    best = distinct(sorted(scores, key=lambda one: (-scores[one], one)))
    return [
        {
            "text": reading.text[phrase.start : phrase.end],
            "start": phrase.start,
            "end": phrase.end,
            "score": round(scores[phrase] / scores[best[0]], SCORE_DIGITS),
        }
        for phrase in best
    ]


def names(reading: Reading) -> Iterator[Phrase]:
    """Entities, by the first mention that has the whole name."""
    for entity in reading.layer("entities"):
        if entity["type"] == "group":  # "Russian", of which the country says more
            continue
        longest = max(len(mention["text"]) for mention in entity["mentions"])
        mention = next(m for m in entity["mentions"] if len(m["text"]) == longest)
        if len(mention["text"].split()) <= MOST_WORDS + 1:
            yield Phrase(mention["start"], mention["end"], telling(mention["text"].split(), reading.language))


def noun_phrases(reading: Reading) -> Iterator[Phrase]:
    """Noun phrases that are no names, without what leads up to them: "its own", "Ms Holm's"."""
    named = {n for entity in reading.layer("entities") for m in entity["mentions"] for n in range(m["start"], m["end"])}
    for chunk in reading.parse.noun_chunks:
        tokens = core(chunk)
        if tokens and tokens[-1].idx not in named and "\n" not in chunk.text.strip():
            start, end = tokens[0].idx, tokens[-1].idx + len(tokens[-1])
            yield Phrase(start, end, telling((token.text for token in tokens), "en"))


def core(chunk: "Span") -> list["Token"]:
    """The tokens of a noun phrase that say something; none where it is too long to be a term."""
    tokens = list(chunk)
    after = max((i for i, token in enumerate(tokens, 1) if token.tag_ == "POS" or is_mark(token)), default=0)
    tokens = tokens[after:]
    while tokens and not is_telling(tokens[0].lower_, "en"):
        tokens = tokens[1:]
    while tokens and not is_telling(tokens[-1].lower_, "en"):
        tokens = tokens[:-1]
    return tokens if len(tokens) <= MOST_WORDS else []


def is_mark(token: "Token") -> bool:
    return token.is_quote or token.is_bracket or token.is_space or token.text in ",;:…"


def is_telling(word: str, language: str) -> bool:
    return word not in stop_words(language) and any(letter.isalpha() for letter in word) and len(word) > 1


def telling(words: Iterable[str], language: str) -> tuple[str, ...]:
    return tuple(word for word in map(str.lower, words) if is_telling(word, language))


def repeated(reading: Reading) -> Iterator[Phrase]:
    """Without a parse: up to three words in a row that all say something, twice in the text or a name of two words. One
    word alone must be a name or, in German, a noun."""
    first: dict[tuple[str, ...], Phrase] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for run in runs(reading):
        for size in range(1, min(len(run), MOST_IN_ROW) + 1):
            for some in zip(*(run[n:] for n in range(size)), strict=False):
                words = tuple(word[0].lower() for word in some)
                great = [word[0][0].isupper() for word in some]
                seen[words] += 2 if size > 1 and all(great) else 1
                if all(great) or (size > 1 and (reading.language != "de" or great[-1])):
                    first.setdefault(words, Phrase(some[0].start(), some[-1].end(), words))
    yield from (phrase for words, phrase in first.items() if seen[words] > 1)


def runs(reading: Reading) -> Iterator[list[re.Match[str]]]:
    """Words in a row, between stop words and marks; a sentence's first word is none of them, unless a name goes on."""
    opens = {sentence["start"] for sentence in reading.layer("sentences")}
    run: list[re.Match[str]] = []
    for word in WORD.finditer(reading.text):
        beside = bool(run) and reading.text[run[-1].end() : word.start()] in (" ", "\u00a0")
        opener = word.start() in opens and not reading.text[word.end() + 1 : word.end() + 2].isupper()
        telling_one = is_telling(word[0].lower(), reading.language) and not opener
        if run and not (beside and telling_one):
            yield run
            run = []
        if telling_one:
            run.append(word)
    if run:
        yield run


def worth(phrase: Phrase, counts: Mapping[str, int], reading: Reading) -> float:
    """How often its words stand in the text, and how prominently; 0 for what any article has."""
    words = phrase.words
    plain = plain_words() if reading.language == "en" else frozenset()
    if all(word in plain for word in words) or (len(words) == 1 and counts[words[0]] < 2):
        return 0.0
    score = sum(log1p(counts[word]) for word in words if word not in plain) / len(words)
    score *= MANY_WORDS if len(words) > 1 else 1
    score *= BOOST if phrase.start <= OPENING * len(reading.text) else 1
    return score * (BOOST if set(words) & set(telling(WORD.findall(reading.title), reading.language)) else 1)


def distinct(phrases: list[Phrase]) -> list[Phrase]:
    """The best phrases of which none shares half of its words with a better one."""
    chosen: list[Phrase] = []
    for phrase in phrases:
        words = set(phrase.words)
        if all(len(words & set(other.words)) * 2 < min(len(words), len(other.words)) for other in chosen):
            chosen.append(phrase)
    return chosen[:MOST]


@cache
def plain_words() -> frozenset[str]:
    return frozenset(seeds.lines(PLAIN_WORDS))
