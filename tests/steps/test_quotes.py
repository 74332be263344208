"""Who says what: cues before, after and around, pronouns, paragraphs that go on, and what is no quote."""

import pytest

from tests.shared import shared
from tests.steps.reading import layers

SAMPLE = "seeds/000_9cc57cbc737d1a67.txt"


def said(text: str) -> list[tuple[str, str, str | None, str | None]]:
    """Kind, first words, speaker's entity or words, cue of each quote."""
    found = layers(text)
    names = {e["id"]: e["name"] for e in found["entities"]}
    return [
        (
            q["kind"],
            " ".join(q["text"].split()[:2]),
            names.get(q["speaker"]["entity"], q["speaker"]["text"]) if q["speaker"] else None,
            q["cue"]["text"] if q["cue"] else None,
        )
        for q in found["quotes"]
    ]


HOLM = "Ada Holm"
WE_WILL = [("direct", "We will", HOLM, "said")]
WE_WILL_TOLD = [("direct", "We will", HOLM, "told")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We will not sail today,” Ada Holm said.", WE_WILL),
        ("“We will not sail today,” said Ada Holm.", WE_WILL),
        ("Ada Holm said on Monday: “We will not sail today.”", WE_WILL),
        (
            "“We will not sail,” Ada Holm told us, “until they pay.”",
            [*WE_WILL_TOLD, ("direct", "until they", HOLM, "told")],
        ),
        ("The plan is “deeply unfair”, according to Ada Holm.", [("partial", "deeply unfair", HOLM, "according to")]),
        ('"We will not sail today," grumbled Ada Holm, who runs the pier.', [("direct", "We will", HOLM, "grumbled")]),
        ("“Will they listen to us?” Ms. Ada Holm asked.", [("direct", "Will they", HOLM, "asked")]),
        ("Ada Holm spoke in Dublin. “We will not sail today,” she said.", WE_WILL),
        ("Bo Lindqvist met Ada Holm. “We will not sail today,” she said.", WE_WILL),
        (
            "Ada Holm wrote to the ministry:\n“We will not sail today or tomorrow.”",
            [("direct", "We will", HOLM, "wrote")],
        ),
        (
            "“We will not sail today,” Ada Holm said. “Nobody asked the crews.”",
            [*WE_WILL, ("direct", "Nobody asked", HOLM, None)],
        ),
        (
            "“We will not sail today,” Ada Holm said.\n“Nobody has asked the crews yet.”",
            [*WE_WILL, ("direct", "Nobody has", HOLM, None)],
        ),
        (
            "“We will not sail today,” Ada Holm said.\n“They will,” said Bo Lindqvist.",
            [*WE_WILL, ("direct", "They will,", "Bo Lindqvist", "said")],
        ),
        ("'We won't sail today,' Ada Holm said.", [("direct", "We won't", HOLM, "said")]),
        ("«We will not sail today,» Ada Holm said.", WE_WILL),
        ("The “so-called” plan was printed in Dublin.", []),
        ("The film “Gulls Over Kestrel Bay” opened in Dublin.", []),
        ("Ada Holm, who said little, starred in the film “Gulls Over Kestrel Bay”.", []),
    ],
)
def test_quotes_find_speaker_and_cue(text: str, expected: list[tuple[str, str, str | None, str | None]]) -> None:
    assert said(text) == expected


@pytest.mark.shared
def test_quotes_of_the_sample_article_have_their_speakers() -> None:
    text = shared(SAMPLE).read_text(encoding="utf-8").replace("RM Block\n", "")
    trump, putin = "Donald Trump", "Vladimir Putin"
    speakers = [speaker for _, _, speaker, _ in said(text)]
    assert speakers == [*[trump] * 3, *[putin] * 2, *[trump] * 7, *[putin] * 2]
