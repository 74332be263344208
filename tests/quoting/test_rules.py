"""Quotes of German, Spanish and French texts: marks, cues on either side, and who speaks where that is sure."""

import pytest

from tests.steps.reading import layers

Quotes = list[tuple[str, str, str | None, str | None]]


def said(text: str, language: str) -> Quotes:
    """Kind, first words, speaker's words, cue of each quote."""
    return [
        (
            q["kind"],
            " ".join(q["text"].split()[:2]),
            q["speaker"] and q["speaker"]["text"],
            q["cue"] and q["cue"]["text"],
        )
        for q in layers(text, language)["quotes"]
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "„Wir warten seit Jahren“, sagte Ada Holm am Montag.", [("direct", "Wir warten", "Ada Holm", "sagte")]),
        ("de", "Ada Holm sagte: »Wir warten seit zwei Jahren.«", [("direct", "Wir warten", "Ada Holm", "sagte")]),
        ("de", 'Laut Ada Holm ist das "ein Skandal".', [("partial", "ein Skandal", "Ada Holm", "Laut")]),
        (
            "de",
            "Der Sprecher der Reederei, Bo Lind, nannte das Urteil „überfällig“.",
            [("partial", "überfällig", "Bo Lind", "nannte")],
        ),
        (
            "de",
            "„Wir fahren heute nicht“, sagte Ada Holm. „Und morgen auch nicht“, erklärte sie.",
            [("direct", "Wir fahren", "Ada Holm", "sagte"), ("direct", "Und morgen", "Ada Holm", "erklärte")],
        ),
        ("de", "Holm nannte Linds Entscheidung „falsch“.", [("partial", "falsch", "Holm", "nannte")]),
        (
            "de",
            "Der Zeitung sagte Ada Holm: „Wir warten auf Antwort.“",
            [("direct", "Wir warten", "Ada Holm", "sagte")],
        ),
        ("de", "Die „Möwe“ fuhr nach Solvik, der Kapitän las „Der Spiegel“.", []),
        (
            "fr",
            "« Nous attendons depuis deux ans », a déclaré lundi la présidente.",
            [("direct", "Nous attendons", None, "déclaré")],
        ),
        (
            "fr",
            "« Nous attendons », a affirmé la présidente du syndicat, Jeanne Dubreuil. « Cela suffit », ajoute-t-elle.",
            [
                ("partial", "Nous attendons", "Jeanne Dubreuil", "affirmé"),
                ("partial", "Cela suffit", "Jeanne Dubreuil", "ajoute"),
            ],
        ),
        (
            "fr",
            "Selon Jeanne Dubreuil, la loi est «injuste et inutile».",
            [("partial", "injuste et", "Jeanne Dubreuil", "Selon")],
        ),
        ("fr", "M. Varga a écrit : “Personne ne nous écoute.”", [("direct", "Personne ne", "M. Varga", "écrit")]),
        ("es", "«No vamos a navegar», dijo Ana Ruiz en Lugo.", [("direct", "No vamos", "Ana Ruiz", "dijo")]),
        (
            "es",
            "“Nadie nos escucha.”, ha afirmado la ministra Ana Ruiz.",
            [("direct", "Nadie nos", "la ministra Ana Ruiz", "afirmado")],
        ),
        ("es", "Según Ana Ruiz, la ley es “injusta”.", [("partial", "injusta", "Ana Ruiz", "Según")]),
        ("es", "—No vamos a navegar —dijo Ana Ruiz en Lugo.", [("direct", "No vamos", "Ana Ruiz", "dijo")]),
        (
            "fr",
            "— Qui vient donc ? demande Jeanne Dubreuil.",
            [("direct", "Qui vient", "Jeanne Dubreuil", "demande")],
        ),
        (
            "fr",
            "– Lundi, départ à 10 heures.\n– Mardi : retour, dit-on, à midi.",
            [],
        ),
        ("es", "El barco “Gaviota” salió de Lugo.", []),
    ],
)
def test_rules_say_who_says_what(language: str, text: str, expected: Quotes) -> None:
    assert said(text, language) == expected


def test_rules_name_the_entity_where_the_language_has_them() -> None:
    text = "« Nous attendons depuis deux ans », a déclaré Jeanne Dubreuil à Lyon."
    found = layers(text, "fr")
    people = {e["id"]: e["name"] for e in found["entities"]}
    assert people[found["quotes"][0]["speaker"]["entity"]] == "Jeanne Dubreuil"
