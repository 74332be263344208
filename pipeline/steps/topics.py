"""IPTC Media Topics of the whole document, by what a multilingual sentence encoder makes of title and opening."""

import re
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import seeds
from pipeline.embedding import MODEL, embedding
from pipeline.steps import SCORE_DIGITS, Reading, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh")
"""What the encoder was trained on (Yang et al. 2019)."""

VOCABULARY, EXAMPLES, VECTORS = "topics.tsv", "topic_examples.tsv", "topic_vectors.npz"

SHARPNESS = 2.0  # the mean score of the best branch is then .75; it is right for some .8 of 1,000 English articles
LEAST_SCORE = 0.06
LIKELY = 0.2  # of the best branch; of 919 English articles three have none as likely
NEAR, CERTAIN = 0.28, 0.5  # of cosines to a definition; for half of all articles the nearest one is at .35 or less
BRANCHES, NARROWER, TOPICS = 3, 2, 5  # at most: branches, narrower topics of each, topics in all
CANDIDATES = 6  # narrower topics, of which the text must have the words; in other languages than English it has not
READ = 2_000  # characters in which the text must have them: about what the encoder reads
QUALIFIER = re.compile(r"\s*\(.*?\)")
WORD, STEM = re.compile(r"[^\W\d_][\w-]{2,}"), 5
NO_NEWS = "-"


class Topics(NamedTuple):
    """The tables in memory: what each topic is called, where it belongs, and the vectors to compare with."""

    ids: tuple[str, ...]
    names: dict[str, str]
    broader: dict[str, tuple[str, ...]]  # nearest first
    branches: tuple[str, ...]
    within: dict[str, list[int]]  # rows of the narrower topics of each branch
    vectors: "NDArray[Any]"  # of the definitions, a row each
    weights: "NDArray[Any]"  # of the branches, a column each
    bias: "NDArray[Any]"


@step(
    version=1,
    task="topics",
    needs=("language",),
    languages=LANGUAGES,
    model=MODEL,
    tables=(VOCABULARY, EXAMPLES, VECTORS),
)
def topics(reading: Reading) -> list[dict[str, Any]]:
    """At most five topics, best first; a narrower topic never scores above its branch. None where nothing is likely."""
    vector = embedding(reading.title, reading.text)
    if vector is None:
        return []
    known, words, found = vocabulary(), stems(f"{reading.title} {reading.text[:READ]}"), []
    for branch, chance in likely_branches(known, vector):
        found.append((chance, branch))
        near = [one for one in narrower(known, vector, branch) if one[0] >= CERTAIN or says(words, known.names[one[1]])]
        found += [(chance * min(1.0, cosine / CERTAIN), topic) for cosine, topic in near[:NARROWER]]
    scored = sorted((-round(score, SCORE_DIGITS), topic) for score, topic in found)
    return [
        {"id": topic, "name": known.names[topic], "score": -minus, "ancestors": list(known.broader[topic])}
        for minus, topic in scored[:TOPICS]
        if -minus >= LEAST_SCORE
    ]


def likely_branches(known: Topics, vector: "NDArray[Any]") -> list[tuple[str, float]]:
    """The likeliest branches with their probabilities; none where none is likely, or it looks like no news."""
    import numpy as np

    sums = SHARPNESS * (vector @ known.weights + known.bias)
    chances = np.exp(sums - sums.max())
    chances /= chances.sum()
    best = [(known.branches[i], float(chances[i])) for i in np.argsort(-chances, kind="stable")[:BRANCHES]]
    return [] if best[0][0] == NO_NEWS or best[0][1] < LIKELY else [one for one in best if one[0] != NO_NEWS]


def narrower(known: Topics, vector: "NDArray[Any]", branch: str) -> list[tuple[float, str]]:
    """The topics of a branch whose definitions lie nearest, with their cosines."""
    mine = known.within[branch]
    nearness = known.vectors[mine] @ vector
    near = sorted(((float(cosine), known.ids[i]) for i, cosine in zip(mine, nearness, strict=True)), reverse=True)
    return [one for one in near[:CANDIDATES] if one[0] >= NEAR]


def stems(text: str) -> frozenset[str]:
    """The beginnings of the longer words: "election" and "elections" share theirs."""
    return frozenset(word[:STEM].lower() for word in WORD.findall(text))


def says(words: frozenset[str], name: str) -> bool:
    """Whether the text has every word of a topic's name: nearness alone makes a by-election of any vote."""
    return any(stems(either) <= words for either in QUALIFIER.sub("", name).split(" or "))


@cache
def vocabulary() -> Topics:
    """The tables; `ValueError` where the vectors were made of other words than these."""
    import numpy as np

    with np.load(seeds.TABLES / VECTORS, allow_pickle=False) as made:
        if str(made["made_of"]) != fingerprint():
            raise ValueError(f"{VECTORS} is not made of this {VOCABULARY} and {EXAMPLES}: run seeds/build/topics.py")
        vectors, weights, bias = (made[name].astype(np.float32) for name in ("vectors", "weights", "bias"))
        branches = tuple(map(str, made["branches"]))
    rows = seeds.rows(VOCABULARY)
    parents = {topic: parent for topic, parent, *_ in rows}
    within: dict[str, list[int]] = {branch: [] for branch in branches}
    for row, topic in enumerate(parents):
        if topic not in within:
            within[next(one for one in path(parents, topic) if one in within)].append(row)
    return Topics(
        ids=tuple(parents),
        names={topic: name for topic, _, name, *_ in rows},
        broader={topic: path(parents, topic)[1:] for topic in parents},
        branches=branches,
        within=within,
        vectors=vectors,
        weights=weights,
        bias=bias,
    )


def path(parents: dict[str, str], topic: str) -> tuple[str, ...]:
    """The topic and all that it belongs to, nearest first."""
    return (topic, *path(parents, parents[topic])) if topic else ()


def fingerprint() -> str:
    """What the shipped vectors must be made of: the words of both tables, and the encoder."""
    words = "\n".join([*seeds.lines(VOCABULARY), *seeds.lines(EXAMPLES), MODEL])
    return sha256(words.encode()).hexdigest()
