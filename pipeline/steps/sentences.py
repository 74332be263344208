"""The sentences of an article; none goes across a line, for lines are paragraphs."""

from pipeline.steps import Reading, step


@step(version=1, task="names_and_quotes", needs=("language",), languages=("en",), parse=True)
def sentences(reading: Reading) -> list[dict[str, int]]:
    """Spans without white space at their ends, in the order of the text."""
    found = []
    for sentence in reading.parse.sents:
        start = sentence.start_char
        for line in reading.text[start : sentence.end_char].split("\n"):
            if words := line.strip():
                begin = start + line.index(words)
                found.append({"start": begin, "end": begin + len(words)})
            start += len(line) + 1
    return found
