"""The sentences of an article; none goes across a line, for lines are paragraphs."""

from pipeline.sentences import ABBREVIATIONS, spans
from pipeline.steps import Reading, step

LANGUAGES = ("de", "en", "es", "fr")
"""Whose abbreviations the rules know; English ones come from the parse, which is there anyway."""


@step(
    version=1,
    task="names_and_quotes",
    needs=("language",),
    languages=LANGUAGES,
    parse=("en",),
    tables=(ABBREVIATIONS, "stop_words.tsv"),
)
def sentences(reading: Reading) -> list[dict[str, int]]:
    """Spans without white space at their ends, in the order of the text."""
    found = parsed(reading) if reading.language == "en" else spans(reading.text, reading.language)
    return [{"start": start, "end": end} for start, end in found]


def parsed(reading: Reading) -> list[tuple[int, int]]:
    """Those of the parse, cut at lines."""
    found = []
    for sentence in reading.parse.sents:
        start = sentence.start_char
        for line in reading.text[start : sentence.end_char].split("\n"):
            if words := line.strip():
                begin = start + line.index(words)
                found.append((begin, begin + len(words)))
            start += len(line) + 1
    return found
