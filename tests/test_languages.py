"""The language of a text, or none where it is short or unclear."""

import pytest

from pipeline.languages import detect


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
