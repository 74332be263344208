"""Two or three sentences that say what the article says: LexRank (Erkan and Radev 2004) that leans to the lead."""

import re
from collections import Counter
from functools import cache
from math import log
from typing import TYPE_CHECKING, Any

from pipeline import seeds
from pipeline.languages import STOP_WORDS, stop_words
from pipeline.steps import Reading, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPENINGS = "hanging_openings.tsv"
FEWEST_WORDS, MOST_WORDS = 7, 60  # of a sentence that can stand alone
FIRST = 80  # sentences that are compared: the cost is their square, and news ends with background
DAMPING = 0.6  # the share of a sentence's rank that its likes give; the rest is its place: leads summarise news
ALIKE = 0.4  # cosine: of two such sentences one is enough
LONG = 12  # sentences, from which on a summary has three
QUOTED = 0.5  # of a sentence: more, and it is a voice without its story
ROUNDS = 30  # of the power method: further ones change nothing in the third place
WORD = re.compile(r"[^\W\d_]{2,}")
LABEL = re.compile(r"[A-Z][A-Z .'-]+:")  # who speaks, in a transcript


@step(
    version=1,
    task="summary",
    needs=("sentences", "quotes"),
    languages=("de", "en", "es", "fr"),
    tables=(STOP_WORDS, OPENINGS),
)
def summary(reading: Reading) -> list[dict[str, Any]]:
    """Sentences in the order of the text; none where no sentence can stand alone."""
    spans = [(sentence["start"], sentence["end"]) for sentence in reading.layer("sentences")]
    quoted = [(quote["start"], quote["end"]) for quote in reading.layer("quotes")]
    language = reading.language
    fit = [span for span in spans if stands_alone(reading.text, span, quoted, language)][:FIRST]
    if not fit:
        return []
    likeness = cosines([terms(reading.text[start:end], language) for start, end in fit])
    best = distinct(ranks(likeness), likeness, count=3 if len(spans) >= LONG else 2)
    return [{"start": fit[i][0], "end": fit[i][1], "text": reading.text[slice(*fit[i])]} for i in sorted(best)]


def stands_alone(text: str, span: tuple[int, int], quoted: list[tuple[int, int]], language: str) -> bool:
    """Whether a reader understands the sentence without those around it: a whole one, mostly in the writer's voice."""
    start, end = span
    sentence = text[start:end]
    inside = sum(max(0, min(end, last) - max(start, first)) for first, last in quoted)
    return (
        FEWEST_WORDS <= len(sentence.split()) <= MOST_WORDS
        and not LABEL.match(sentence)
        and sentence.rstrip("”“\"'’»« )").endswith((".", "!", "…"))
        and inside <= QUOTED * len(sentence)
        and (sentence.count("„") or sentence.count("”")) == sentence.count("“")
        and sentence.count("«") == sentence.count("»")
        and sentence.count('"') % 2 == 0
        and not hanging(language).match(sentence.lstrip("“„\"'‘«»( "))
    )


def terms(sentence: str, language: str) -> Counter[str]:
    """How often each telling word stands in the sentence."""
    return Counter(word for word in WORD.findall(sentence.lower()) if word not in stop_words(language))


def cosines(bags: list[Counter[str]]) -> "NDArray[Any]":
    """The likeness of each two sentences, 0 to 1, by words weighted with their rarity in this article."""
    import numpy as np

    spread = Counter(word for bag in bags for word in bag)
    column = {word: n for n, word in enumerate(sorted(spread))}
    matrix = np.zeros((len(bags), max(1, len(column))))
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            matrix[row, column[word]] = count * log(1 + len(bags) / spread[word])
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix /= np.where(lengths == 0, 1, lengths)
    found: NDArray[Any] = matrix @ matrix.T
    return found


def ranks(likeness: "NDArray[Any]") -> list[float]:
    """How central each sentence is, and how near to the top: the stationary chances of a walk among likes."""
    import numpy as np

    count = len(likeness)
    place = 1 / np.arange(1, count + 1)
    place /= place.sum()
    likes = likeness * (1 - np.eye(count))  # not its own like: else those that are like no other rank high
    sums = likes.sum(axis=1, keepdims=True)
    steps = np.where(sums > 0, likes / np.where(sums > 0, sums, 1), place)
    chances = place
    for _ in range(ROUNDS):
        chances = (1 - DAMPING) * place + DAMPING * (chances @ steps)
    return [round(float(chance), 9) for chance in chances]


def distinct(rank: list[float], likeness: "NDArray[Any]", count: int) -> list[int]:
    """The best sentences of which no two say the same."""
    chosen: list[int] = []
    for row in sorted(range(len(rank)), key=lambda i: (-rank[i], i)):
        if len(chosen) < count and all(likeness[row, other] < ALIKE for other in chosen):
            chosen.append(row)
    return chosen


@cache
def hanging(language: str) -> re.Pattern[str]:
    """An opening that points at a sentence before it, which is not in the summary, or at a picture."""
    openings = next(words for code, words in seeds.rows(OPENINGS) if code == language).split("|")
    return re.compile(rf"(?:{'|'.join(map(re.escape, openings))})(?![\w’'])", re.IGNORECASE)
