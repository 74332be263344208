"""The summary is of whole sentences in their order, that stand alone and don't repeat each other."""

import pytest

from pipeline.steps import Reading
from pipeline.steps.summary import stands_alone, summary
from tests.documents_made_up import document
from tests.steps.reading import PARSER, layers

STORY = """\
Ferry crews on the Baltic lines voted on Friday to strike from Monday after pay talks with the owners collapsed.
Read more: our guide to ferry tickets
“We will not sail until they pay us what they owe,” said Ada Holm of the crews' union.
They had asked for nine percent more.
The owners of the ferry lines said that the strike would cost them two million a day and that the pay offer stood.
Bakeries in the old town sold out of rye bread at noon.
Ferry crews on the Baltic lines voted on Friday to strike from Monday, after pay talks with the owners had collapsed.
The port of Solvik expects no ferry to leave before Wednesday, when crews and owners are to hold talks on pay again.
But nobody expects much of it.
Passengers with tickets for the Baltic ferry lines get their money back, the owners said on their website on Friday.
The last strike of ferry crews was eleven years ago and ended after nine days with a pay rise of four percent.
Is there another way to cross the sea with a car this week?
Fishermen in Solvik have offered to carry letters and medicines to the islands for as long as the strike lasts."""


THREE_LINES = """\
Ferry crews on the Baltic lines voted on Friday to strike.
The harbour office of Solvik closes its doors for three weeks in July.
Nobody said where the missing barge of the museum had gone in May."""


def said(text: str) -> list[str]:
    made = document(text=text, layers={})
    made.annotations.update(layers_of(text))
    return [sentence["text"] for sentence in summary.annotate(Reading(made, PARSER)).value]


def layers_of(text: str) -> dict[str, object]:
    from pipeline.model import Annotation

    return {name: Annotation(version=1, value=value) for name, value in layers(text).items()}


def test_summary_begins_with_the_lead_and_keeps_the_order_of_the_text() -> None:
    found = said(STORY)
    assert len(found) == 3
    assert found[0] == STORY.split("\n")[0]
    assert [STORY.index(sentence) for sentence in found] == sorted(STORY.index(sentence) for sentence in found)


def test_summary_leaves_out_furniture_repeats_and_what_hangs_in_the_air() -> None:
    found = " ".join(said(STORY))
    assert not [
        words
        for words in ("Read more", "until they pay us", "They had asked", "nobody expects", "rye bread", "another way")
        if words in found
    ]
    assert found.count("voted on Friday") == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Too short.", 0),
        ("Ferry crews on the Baltic lines voted on Friday to strike from Monday.", 1),
        (THREE_LINES, 2),
    ],
)
def test_summary_of_short_texts(text: str, count: int) -> None:
    assert len(said(text)) == count


@pytest.mark.parametrize(
    ("sentence", "quoted", "alone"),
    [
        ("The owners of the ferry lines made a new offer.", [], True),
        ("“The owners of the ferry lines made a new offer.”", [(1, 47)], False),
        ("The crews called the offer of the owners “a bad joke”.", [(42, 52)], True),
        ("Holm broke down and said: “We have lost the ferry lines.", [], False),
        ("HOLM: The owners of the ferry lines made an offer.", [], False),
        ("However, the owners of the ferry lines made an offer.", [], False),
        ("Hers was the first of nine ferries to leave.", [], True),
        ("FILE - The owners of the ferry lines in May last year.", [], False),
        ("The owners of the ferry lines made a new offer", [], False),
        ("Will the owners of the ferry lines make an offer?", [], False),
    ],
)
def test_summary_knows_what_stands_alone(sentence: str, quoted: list[tuple[int, int]], alone: bool) -> None:
    assert stands_alone(sentence, (0, len(sentence)), quoted, "en") is alone


@pytest.mark.parametrize(
    ("language", "sentence", "alone"),
    [
        ("de", "Die Reederei von Solvik macht den Fährleuten ein neues Angebot.", True),
        ("de", "Die Reederei von Solvik nannte das Angebot der Fährleute „einen Witz“.", True),
        ("de", "Trotzdem macht die Reederei von Solvik den Fährleuten ein Angebot.", False),
        ("fr", "Les armateurs de Solvik font une nouvelle offre aux « marins ».", True),
        ("fr", "C’est la première offre des armateurs de Solvik aux marins.", False),
        ("es", "Los armadores de Lugo hacen una oferta nueva a los marineros.", True),
        ("es", "Sin embargo, los armadores de Lugo hacen una oferta a los marineros.", False),
    ],
)
def test_summary_knows_what_stands_alone_in_other_languages(language: str, sentence: str, alone: bool) -> None:
    assert stands_alone(sentence, (0, len(sentence)), [], language) is alone
