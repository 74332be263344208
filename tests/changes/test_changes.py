"""What changed between two versions: of which kind, where, which sentences; in four languages."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.changes import compare
from pipeline.changes.sentences import aligned, tokens
from pipeline.model import Annotation, Document
from tests.documents_made_up import document

EN = """\
Crews in Solvik voted on Sunday to strike, and 300 passengers waited at the quay for news of the next boat.
“We will not sail this winter,” Ada Holm of Nordline told the Tern. She called the offer a bad joke.
A spokesman declined to comment. The town has three ferries, all of them older than their captains.
The harbour opens at noon. Snow fell on the empty decks. Children fed the gulls."""
DE = """\
Die Besatzungen in Solvik stimmten am Sonntag für einen Streik, und 300 Fahrgäste warteten am Kai auf ein Schiff.
„Wir fahren in diesem Winter nicht“, sagte Ada Holm von der Reederei. Das Angebot nannte sie einen schlechten Witz.
Die Stadt hat drei Fähren. Der Hafen öffnet um zwölf. Auf die leeren Decks fiel Schnee."""
FR = """\
Les équipages de Solvik ont voté dimanche la grève, et 300 passagers attendaient sur le quai des nouvelles du bateau.
« Nous ne partirons pas cet hiver », a dit Ada Holm au journal. Elle a parlé d'une mauvaise plaisanterie.
La ville a trois ferries. Le port ouvre à midi. La neige tombait sur les ponts vides."""
ES = """\
Las tripulaciones de Solvik votaron el domingo ir a la huelga, y 300 pasajeros esperaban en el muelle noticias.
«No saldremos este invierno», dijo Ada Holm al periódico. Dijo que la oferta era una broma de mal gusto.
La ciudad tiene tres barcos. El puerto abre al mediodía. La nieve caía sobre las cubiertas vacías."""
TEXTS = {"en": EN, "de": DE, "fr": FR, "es": ES}


def version(text: str, language: str = "en", **more: Any) -> Document:
    return replace(document(text=text), language=language, **more)


def told(language: str, *changes: tuple[str, str]) -> Any:
    """What becomes of a text when words in it are replaced, one pair after the other."""
    text = TEXTS[language]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return compare(version(TEXTS[language], language), version(text, language))


@pytest.mark.parametrize(
    ("language", "old", "new", "corrected"),
    [
        ("en", "300", "400", "number"),
        ("en", "300", "3,000", "number"),
        ("en", "three ferries", "four ferries", "number"),
        ("en", "Ada Holm", "Eda Holm", "name"),
        ("en", "in Solvik", "in Sundby", "name"),
        ("en", "in Solvik", "in Solvig", "name"),
        ("en", "this winter", "before spring", "quote"),
        ("en", "will not sail", "will sail", "quote"),
        ("de", "300", "1.300", "number"),
        ("de", "drei Fähren", "vier Fähren", "number"),
        ("de", "Ada Holm", "Ada Halm", "name"),
        ("de", "in diesem Winter", "vor Ostern", "quote"),
        ("fr", "trois ferries", "quatre ferries", "number"),
        ("fr", "Ada Holm", "Eda Holm", "name"),
        ("fr", "cet hiver", "avant Pâques", "quote"),
        ("es", "tres barcos", "cuatro barcos", "number"),
        ("es", "Solvik", "Sundby", "name"),
        ("es", "este invierno", "antes de Pascua", "quote"),
    ],
)
def test_corrections_by_what_was_corrected(language: str, old: str, new: str, corrected: str) -> None:
    found = told(language, (old, new))
    assert (found.kind, found.corrected) == ("correction", (corrected,))
    assert found.counts == {"added": 0, "removed": 0, "reworded": 1, "moved": 0}


@pytest.mark.parametrize(
    ("language", "old", "new", "kind"),
    [
        ("en", "“We will not sail this winter,”", '"We will not sail this winter,"', "style"),
        ("en", "on Sunday to strike", "on sunday to strike", "style"),
        ("en", "300 passengers", "300 pasengers", "style"),
        ("en", "three ferries", "3 ferries", "style"),
        ("en", "decks. Children", "decks; children", "style"),
        ("fr", "à midi", "a midi", "style"),
        ("de", "schlechten Witz", "schlechten Witz!", "style"),
        ("en", "declined to comment", "would not be drawn", "rewording"),
        ("de", "leeren Decks", "verlassenen Decks", "rewording"),
        ("en", "A spokesman declined to comment. ", "", "removal"),
        ("es", " El puerto abre al mediodía.", "", "removal"),
        ("en", "Children fed the gulls.", "Children fed the gulls. A new ferry comes in May.", "addition"),
        ("en", "Children fed the gulls.", "Children fed the gulls.\nA new ferry comes in May.", "addition"),
        ("fr", "La ville a", "Un bateau neuf arrive en mai. La ville a", "addition"),
        ("de", "Auf die leeren", "Ein neues Schiff kommt im Mai. Auf die leeren", "addition"),
    ],
)
def test_kinds_of_one_change(language: str, old: str, new: str, kind: str) -> None:
    assert told(language, (old, new)).kind == kind


@pytest.mark.parametrize(
    ("language", "sentence", "kind"),
    [
        ("en", "Correction: An earlier version of this article misspelt the name of Ada Holm.", "note"),
        ("en", "This article was amended on 23 November to give the right number.", "note"),
        ("en", "Editor’s note: The company has since replied.", "note"),
        ("en", "This article has been retracted because its quotes could not be confirmed.", "retraction"),
        ("de", "Korrektur: Wir hatten zunächst von 300 Fahrgästen geschrieben.", "note"),
        ("de", "In einer früheren Version dieses Artikels stand eine falsche Zahl.", "note"),
        ("de", "Wir haben diesen Artikel entfernt, weil Zitate nicht belegt sind.", "retraction"),
        ("fr", "Rectificatif : le nom d'Ada Holm était mal écrit.", "note"),
        ("fr", "Nous avons retiré cet article, dont les citations n'ont pu être confirmées.", "retraction"),
        ("es", "Fe de errores: el nombre de Ada Holm estaba mal escrito.", "note"),
        ("es", "Hemos retirado este artículo porque las citas no se pudieron confirmar.", "retraction"),
    ],
)
def test_notes_are_told_by_their_words_and_only_when_new(language: str, sentence: str, kind: str) -> None:
    text = TEXTS[language]
    noted = version(f"{text}\n{sentence}", language)
    assert compare(version(text, language), noted).kind == kind
    assert compare(version(text, language), version(f"{sentence}\n{text}", language)).where == ("lead",)
    assert compare(noted, version(f"{noted.text}\n300.", language)).kind not in ("note", "retraction")


def test_note_says_what_it_corrected() -> None:
    found = told(
        "en", ("300", "400"), ("the gulls.", "the gulls.\nAn earlier version of this article gave a wrong number.")
    )
    assert (found.kind, found.corrected) == ("note", ("number",))


def test_story_that_goes_on_is_an_update() -> None:
    more = "Talks began at noon. The minister came by train. Nobody would say what was on the table."
    found = told("en", ("300", "450"), ("A spokesman declined to comment.", more))
    assert found.kind == "update"
    assert found.corrected == ()


@pytest.mark.parametrize(
    ("more", "kind", "where"),
    [
        ({"title": "Ferries stop for good"}, "rewording", ("headline",)),
        ({"title": "Ferries  stop"}, "style", ()),
        ({"authors": ("Ada Halm",)}, "correction", ("byline",)),
        ({"access": "paid"}, "terms", ("terms",)),
        ({"rights": {"license": "CC0"}}, "terms", ("terms",)),
    ],
)
def test_changes_beside_the_text(more: dict[str, Any], kind: str, where: tuple[str, ...]) -> None:
    found = compare(version(EN), version(EN, **more))
    assert (found.kind, found.where, found.edits) == (kind, where, ())


def test_title_has_its_words() -> None:
    (words,) = compare(version(EN, title="Two ferries stop"), version(EN, title="Three ferries stop")).title
    assert words == ((0, 3), (0, 5))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("Sunday", "Monday", ("lead",)),
        ("gulls", "swans", ("body",)),
        ("Children fed the gulls.", "", ("body",)),
    ],
)
def test_place_of_a_change(old: str, new: str, where: tuple[str, ...]) -> None:
    assert told("en", (old, new)).where == where


def test_moved_sentence_is_the_one_that_moved() -> None:
    first = "Snow fell on the empty decks."
    moved = f"{first}\n" + EN.replace(f" {first}", "")
    found = compare(version(EN), version(moved))
    (edit,) = found.edits
    assert (edit.kind, moved[slice(*edit.after)], EN[slice(*edit.before)]) == ("moved", first, first)
    assert found.amount == 0


def test_white_space_is_no_change() -> None:
    found = compare(version(EN), version(EN.replace(". ", ".\n").replace(" ferries", "  ferries")))
    assert (found.kind, found.edits, found.amount) == ("style", (), 0)


def test_names_are_those_of_the_entities_layer_too() -> None:
    """A name that begins a sentence has a capital in any case."""
    before, after = "Holm said no. It rained all day.", "Halm said no. It rained all day."

    def named(text: str) -> Document:
        mentions = [{"start": 0, "end": 4, "text": text[:4]}]
        return version(
            text, annotations={"entities": Annotation(version=1, value=[{"type": "person", "mentions": mentions}])}
        )

    assert compare(named(before), named(after)).corrected == ("name",)
    assert compare(version("Rain fell. It was dark."), version("Snow fell. It was dark.")).corrected == ()


def test_amount_is_a_share_of_the_words() -> None:
    assert compare(version("One two three four."), version("Nothing is left, friends!")).amount > 0.5
    assert 0 < told("en", ("300", "400")).amount < 0.03


WORDS = st.sampled_from(["Ada", "sailed", "300", "home", "“yes”", ".", ". ", "\n", "港", "。", "a.m.", "-", "é"])
PROSE = st.lists(WORDS, max_size=40).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(PROSE, PROSE)
def test_alignment_has_every_sentence_once_and_says_where_it_stands(before: str, after: str) -> None:
    found = aligned(before, after, "en")
    for side, text in (("before", before), ("after", after)):
        spans = sorted(span for edit in found if (span := getattr(edit, side)))
        covered = "".join(text[slice(*span)] for span in spans)
        assert "".join(covered.split()) == "".join(text.split())
    for edit in found:
        for old, new in edit.words:
            assert edit.before.start <= old.start <= old.end <= edit.before.end  # type: ignore[union-attr]
            assert edit.after.start <= new.start <= new.end <= edit.after.end  # type: ignore[union-attr]


@settings(max_examples=100, deadline=None)
@given(PROSE, PROSE)
def test_words_that_differ_make_one_sentence_of_the_other(before: str, after: str) -> None:
    for edit in aligned(before, after, "en"):
        if edit.kind == "reworded":
            rest = [
                _without(text, getattr(edit, side), [getattr(w, side) for w in edit.words])
                for side, text in (("before", before), ("after", after))
            ]
            assert rest[0] == rest[1]


def _without(text: str, sentence: Any, gone: list[Any]) -> list[str]:
    return [text[a:b] for a, b in tokens(text, sentence) if not any(g.start <= a and b <= g.end for g in gone)]


@given(PROSE)
def test_same_text_has_no_change(text: str) -> None:
    assert {edit.kind for edit in aligned(text, text, "en")} <= {"kept"}


def test_hostile_texts_cost_little() -> None:
    """Thousands of sentences alike, and none alike: what each is compared with is bounded."""
    one = "\n".join(f"word{n} and word{n + 1} are here." for n in range(1000))
    other = "\n".join(f"word{n} or word{n + 2} were here." for n in range(1000))
    assert len(aligned(one, other, "en")) >= 1000
    assert len(aligned("Yes. " * 20_000, "Yes. " * 19_999, "en")) == 20_000
    assert aligned("a " * 50_000 + "b.", "a " * 50_000 + "c.", "en")[0].kind == "reworded"
