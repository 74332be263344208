"""The tables of cleaning: every row fits its example, and none fits prose."""

import pytest

from pipeline import seeds
from pipeline.clean.furniture import without_furniture
from pipeline.clean.names import names
from pipeline.clean.refusals import patterns

FURNITURE = [row[1] for row in seeds.rows("furniture.tsv")]
REFUSALS = [(row[0], row[1], row[3]) for row in seeds.rows("refusals.tsv")]
SENTENCES = [
    "“Read more, talk less,” she said.",
    "More than 400 ships lay in port.",
    "Share prices fell by a tenth.",
    "Follow the money, he told the court.",
    "Sign up for the crew early and you get the better bunk, Ms Holm said.",
    "Published in 2003, the novel sold few copies.",
    "Comments by the minister angered the crews.",
    "Photographs of the wreck show no oil.",
    "Related charges were dropped.",
    "Copyright law is not the answer, says the union.",
    "He said: “Listen: the sea is calm.”",
    "Source code of the ferry's control system was stolen.",
    "Watch towers line the coast.",
    "Anzeige erstattete der Kapitän am Montag.",
]


@pytest.mark.parametrize("line", [*FURNITURE, "ADVERTISEMENT", "- Read more", "► Lesen Sie auch: Neues"])
def test_furniture_goes(line: str) -> None:
    assert without_furniture([SENTENCES[1], line]) == [SENTENCES[1]]


def test_furniture_keeps_credits_inside_the_text() -> None:
    text = ["Text: Ada Holm", SENTENCES[1]]
    assert without_furniture([*text, "Text: Ada Holm", "Data work: Bo Lind"]) == text


@pytest.mark.parametrize("line", SENTENCES)
def test_furniture_leaves_prose(line: str) -> None:
    assert without_furniture([line]) == [line]


@pytest.mark.parametrize(("kind", "where", "example"), REFUSALS)
def test_refusals_fit_their_examples(kind: str, where: str, example: str) -> None:
    assert patterns(kind, where).search(example)


@pytest.mark.parametrize(
    ("byline", "found"),
    [
        ("By Ada Holm", ("Ada Holm",)),
        ("Von Ada Holm und Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Par Ada Holm avec AFP", ("Ada Holm", "AFP")),
        ("Ada Holm; Bo Lind; Ada Holm", ("Ada Holm", "Bo Lind")),
        ("ada@tern.example", ()),
        ("https://tern.example/authors/ada", ()),
        ("Staff Reporter", ()),
        ("Newsroom", ()),
        ("渡辺洋介", ("渡辺洋介",)),
        ("By Ada Holm, political correspondent, and Bo Lind in Upper Solvik", ("Ada Holm", "Bo Lind")),
        ("Von Ada Holm (Text), Korrespondentin in Oslo, und Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Par Ada Holm, envoyée spéciale à Lima, et Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Por Ada Holm, corresponsal en Oslo, y Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Ada Holm in New York", ("Ada Holm",)),
        ("Written by: ADA HOLM", ("ADA HOLM",)),
        ("x" * 500, ()),
    ],
)
def test_names_are_people(byline: str, found: tuple[str, ...]) -> None:
    assert names([byline]) == found
