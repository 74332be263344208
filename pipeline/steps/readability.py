"""How hard the text is to read, by the formula that is established in its language: from 100 (easy) to 0 (hard).

All count syllables a word and words a sentence: Flesch's reading ease (1948) for English; Amstad, "Wie verständlich
sind unsere Zeitungen?" (1978) for German; Kandel and Moles, "Application de l'indice de Flesch à la langue française"
(1958); Szigriszt Pazos's perspicuity (1993) for Spanish, with the grades of the INFLESZ scale (Barrio Cantalejo 2008).
A syllable is a vowel, or vowels that are spoken as one, by a rule of spelling.
"""

import re
from typing import Any, NamedTuple

from pipeline.steps import Reading, step

FEWEST_WORDS = 50
"""Of fewer words, in whole sentences, a score says nothing: the formulas were made on samples of a hundred."""
GRADES = ("very easy", "easy", "plain", "difficult", "very difficult")
FLESCH = (80, 70, 60, 30)
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
ENDED = re.compile(r"[.?!…][\s\"'’”“»«)\]]*$")


class Formula(NamedTuple):
    """`base` less so much for each word a sentence and each syllable a word; the least scores of all grades but the
    last; what in a lower-case word is silent, and what of the rest is a syllable."""

    name: str
    base: float
    words: float
    syllables: float
    least: tuple[int, int, int, int]
    silent: re.Pattern[str]
    syllable: re.Pattern[str]


APART = (
    r"(?:(?<![tscgxln])i(?=[aou])|(?<![tsc])(?<!fr)i(?=en)|i(?=et)|(?<!p)e(?=o)|(?<=cr)e(?=at)|e(?=a$)|[eyou](?=ing))"
)
"""An English vowel that the next one does not join: various, experience, quiet, video, create, area, going."""

FORMULAS = {
    "de": Formula("Amstad 1978", 180, 1, 58.5, FLESCH, re.compile(r"(?<=q)u"), re.compile(
        r"[ae][iy]|[aäe]u|ie|aa|ee|oo|[aeiouyäöüéèáà]"
    )),
    "en": Formula("Flesch 1948", 206.835, 1.015, 84.6, FLESCH, re.compile(
        r"(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzgh])es$|(?<=[^aeiouyl])e(?=(?:ly|ments?|less|ness|ful)$)"
    ), re.compile(rf"(?:(?!{APART})[aeiouyéèáíóúäöüï])*{APART}|[aeiouyéèáíóúäöüï]+")),
    "es": Formula("Szigriszt 1993", 206.835, 1, 62.3, (80, 65, 55, 40), re.compile(
        r"(?<=q)u|(?<=g)u(?=[eiéí])"
    ), re.compile(r"[iuü]?[aeoáéó][iuüy]?|[iuü]?[íú]|[iuü][iuüy]?|y")),
    "fr": Formula("Kandel and Moles 1958", 207, 1.015, 73.6, FLESCH, re.compile(
        r"qu(?=['’])|(?<=[^aeouy\W])es?$|(?<=é)es?$|(?<=ai)ent$|(?<=èr)ent$"
    ), re.compile(r"[aeiouyàâäèêîôöûùüœæ]*é|[ëï]?[aeiouyàâäèêîôöûùüœæ]+|[ëï]")),
}  # fmt: skip


@step(version=1, task="summary", needs=("sentences",), languages=tuple(FORMULAS))
def readability(reading: Reading) -> dict[str, Any]:
    """Score and grade with what they are made of; none of either for a short text. Headings are left out."""
    formula = FORMULAS[reading.language]
    pieces = [reading.text[one["start"] : one["end"]] for one in reading.layer("sentences")]
    sentences = [found for piece in pieces if ENDED.search(piece) and (found := WORD.findall(piece.lower()))]
    words = [word for sentence in sentences for word in sentence]
    counted = sum(syllables(word, formula) for word in words)
    score = None
    if len(words) >= FEWEST_WORDS:
        per_word, per_sentence = counted / len(words), len(words) / len(sentences)
        score = round(formula.base - formula.words * per_sentence - formula.syllables * per_word, 1)
    return {
        "score": score,
        "grade": None if score is None else GRADES[sum(score < least for least in formula.least)],
        "formula": formula.name,
        "words": len(words),
        "sentences": len(sentences),
        "syllables": counted,
    }


def syllables(word: str, formula: Formula) -> int:
    """Of a lower-case word: its vowels that are spoken; at least one."""
    return max(1, len(formula.syllable.findall(formula.silent.sub("", word))))
