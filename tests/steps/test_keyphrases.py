"""Keyphrases are names and noun phrases, cut to what they say, best first."""

import pytest

from tests.steps.reading import layers

TEXT = """Salt mine owners in Solvik want higher water fees, the miners' union said. Bo Lindqvist, who leads the salt \
mine, said last week that the higher water fees would be fair. \
Mr Lindqvist’s old rivals called the water fees a scandal.
A lot of people said things on Tuesday. It was the third time in many years."""


def phrases(text: str) -> list[str]:
    return [phrase["text"] for phrase in layers(text)["keyphrases"]]


def test_keyphrases_are_what_the_text_is_about() -> None:
    found = phrases(TEXT)
    assert {"higher water fees", "Bo Lindqvist"} <= set(found)
    assert any("alt mine" in phrase for phrase in found)


def test_keyphrases_leave_out_what_any_text_has() -> None:
    found = " ".join(phrases(TEXT)).lower()
    assert not [
        word for word in ("lot", "people", "things", "third time", "years", "last week", "mr ") if word in found
    ]


def test_keyphrases_share_no_words_and_rank_by_score() -> None:
    found = layers(TEXT)["keyphrases"]
    assert [phrase["score"] for phrase in found] == sorted((phrase["score"] for phrase in found), reverse=True)
    assert found[0]["score"] == 1
    assert len([phrase for phrase in found if "fees" in phrase["text"]]) == 1


def test_keyphrases_of_nothing_are_none() -> None:
    assert phrases("") == []
    assert phrases("It was so. And then it was not.") == []


@pytest.mark.parametrize(
    ("language", "text", "expected", "absent"),
    [
        (
            "de",
            "Am Montag kam die Reederei Nordwind. Laut Reederei Nordwind ist das Hafengesetz kein gutes Hafengesetz.",
            {"Reederei Nordwind", "Hafengesetz"},
            ("Montag", "Ein", "dass"),
        ),
        (
            "fr",
            "Les agents portuaires veulent un accord. Selon Jeanne Dubreuil, les agents portuaires parlent lundi.",
            {"agents portuaires", "Jeanne Dubreuil"},
            ("lundi", "Selon"),
        ),
        (
            "es",
            "Los trabajadores esperan. El convenio colectivo caduca hoy. Ana Ruiz defiende el convenio colectivo.",
            {"convenio colectivo", "Ana Ruiz"},
            ("hoy", "Los"),
        ),
    ],
)
def test_keyphrases_without_a_parse(language: str, text: str, expected: set[str], absent: tuple[str, ...]) -> None:
    found = [phrase["text"] for phrase in layers(text, language)["keyphrases"]]
    assert expected <= set(found)
    assert not [word for word in absent if word in " ".join(found).split()]
