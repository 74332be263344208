"""When a page that we hold is gone: its server says so, or sends whoever asks to a home or section page."""

import re

from pipeline.identity import is_section, normalise, take_apart

REDIRECTED = "redirected to a section"

GONE = ("status: 404", "status: 410", REDIRECTED)
"""Beginnings of the reasons that the folder of an article is told."""

DOOR = re.compile(
    r"/(?:log-?in|sign-?(?:in|up)|auth|sso|account|register|subscribe|subscription|consent|privacy)\b", re.IGNORECASE
)
"""Who is sent to a door is kept out for now: the article is behind it."""


def is_gone(reason: str | None) -> bool:
    return (reason or "").startswith(GONE)


def leads_to_section(asked: str, final: str) -> bool:
    """Whether a redirect from the page of an article ends at a home or section page, and at no other address of it."""
    page, end = take_apart(asked), take_apart(final)
    if page is None or end is None or normalise(asked) == normalise(final) or DOOR.search(end.path):
        return False
    is_home = end.path == "/" and page.path != "/" and not page.parameters
    return is_home or is_section(end, page)
