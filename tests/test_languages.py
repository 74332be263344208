"""The language of a text, or none where it is short or unclear."""

import pytest

from pipeline.languages import detect, surely_another


@pytest.mark.parametrize(
    ("title", "text", "code"),
    [
        ("Ferries stop", "Crews on the Baltic ferries voted to strike on Monday.", "en"),
        (None, "Die Besatzungen der Fähren haben am Montag für einen Streik gestimmt.", "de"),
        (None, "Les équipages des ferries ont voté la grève lundi soir.", "fr"),
        (None, "Экипажи паромов в понедельник проголосовали за забастовку.", "ru"),
        (None, "フェリーの乗組員は月曜日にストライキを行うことを決めた。", "ja"),
        (None, "", "und"),
        ("Ada", "", "und"),
        (None, "12 345 — 67 % …", "und"),
        ("A title\nof two lines", "with\nnew lines in the text, which the model would stumble over", "en"),
    ],
)
def test_languages_detect(title: str | None, text: str, code: str) -> None:
    found, score = detect(title, text)
    assert found == code
    assert 0 <= score <= 1
    assert detect(title, text) == (found, score)


GERMAN = """Die Besatzungen der Fähren haben am Montag für einen Streik gestimmt. Sie wollen erst wieder fahren, wenn
die Reederei ihnen längere Pausen und mehr Lohn zusagt. Die Stadt hat Busse bestellt, die den langen Weg um die Bucht
nehmen, und bittet alle, die nicht reisen müssen, zu Hause zu bleiben. Ein Ende ist nicht in Sicht."""
ENGLISH = """Crews on the Baltic ferries voted to strike on Monday. They will sail again when the company offers longer
breaks and better pay. The town has ordered buses that take the long road around the bay, and asks all who need not
travel to stay at home. Nobody knows when the strike will end, and talks have not begun."""


@pytest.mark.parametrize(
    ("declared", "text", "found"),
    [
        ("en", GERMAN, "de"),
        ("de", ENGLISH, "en"),
        ("de", GERMAN, None),
        (None, GERMAN, None),
        ("en", GERMAN[:150], None),
        ("en", f"{GERMAN}\n{ENGLISH}\n{ENGLISH}", None),
        ("en", f"{ENGLISH}\n{GERMAN}\n{GERMAN}", None),
        ("nl", "7 2 1 0 Ada Holm " * 40, None),
    ],
)
def test_languages_another_than_declared_is_told_where_that_is_sure(
    declared: str | None, text: str, found: str | None
) -> None:
    assert surely_another(declared, text) == found
