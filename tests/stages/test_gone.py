"""Which redirects mean that the page of an article is gone."""

import pytest

from pipeline.stages.gone import leads_to_section
from tests.stages.outlet import ARTICLE


@pytest.mark.parametrize(
    ("asked", "final", "gone"),
    [
        (ARTICLE, "/", True),
        (ARTICLE, "/?from=expired", True),
        (ARTICLE, "/2026/11/", True),
        (ARTICLE, "/world", True),
        (ARTICLE, "/tag/ferries", True),
        ("/story.php?id=4", "/story.php", True),
        (ARTICLE, ARTICLE + "?utm_source=feed", False),
        (ARTICLE, "/2026/11/ferries-stay-in-port-for-a-third-day.html", False),
        (ARTICLE, "/story/4711", False),
        (ARTICLE, "/login?next=/2026/11", False),
        (ARTICLE, "/consent", False),
        (f"{ARTICLE}/amp", ARTICLE, False),
        ("/go/17", ARTICLE, False),
        ("/?p=17", "/ferries-stay-in-port/", False),
    ],
)
def test_gone_a_redirect_to_a_section_is_the_end_of_a_page(asked: str, final: str, gone: bool) -> None:
    assert leads_to_section(f"https://tern.example{asked}", f"http://www.tern.example{final}") is gone
