"""Boxes of the story stay, captions and lists of links go."""

import pytest

from pipeline.clean import clean
from tests.clean.made_up import ENTRY, FIRST, SECOND, capture, page

BOX = "<p>Built by the county, the pier stands on forty piles of oak. It has been closed four times.</p>"
KEPT = "forty piles of oak"


@pytest.mark.parametrize(
    ("aside", "is_kept"),
    [
        (f'<aside class="factbox"><h3>The pier in numbers</h3>{BOX}</aside>', True),
        (f"<aside><h4>Warum der Pier steht</h4>{BOX}</aside>", True),
        (f'<aside class="infobox">{BOX}</aside>', True),
        (f'<aside class="box"><ul><li>{BOX[3:-4]}</li></ul></aside>', True),
        (f'<aside class="related"><h3>The pier</h3>{BOX}</aside>', False),
        (f"<aside><h3>Lesen Sie auch</h3>{BOX}</aside>", False),
        (f"<aside><h3>About the author</h3>{BOX}</aside>", False),
        (f'<aside class="box"><h3>Letter</h3>{BOX}<form><input></form></aside>', False),
        (f'<aside class="box"><h3>The pier</h3><p><a href="/b">{BOX[3:-4]}</a></p></aside>', False),
        (f'<aside class="pullquote">{BOX}</aside>', False),
        (f'<div class="image-caption">{BOX[3:-4]}</div>', False),
        (f'<p class="photo-credit">{BOX[3:-4]}</p>', False),
    ],
)
def test_parts_of_the_story_stay(aside: str, is_kept: bool) -> None:
    document = clean(capture(page(f"<h1>Pier</h1><p>{FIRST}</p>{aside}<p>{SECOND}</p>")), ENTRY)
    assert document.text.startswith(FIRST)
    assert document.text.endswith(SECOND)
    assert (KEPT in document.text) is is_kept
