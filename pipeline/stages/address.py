"""Where a source is asked: as declared, where it moved to for good, or nowhere any more."""

import hashlib
from datetime import datetime
from http import HTTPStatus

from msgspec.structs import replace

from pipeline.model import Source
from pipeline.polls import State
from pipeline.veil import Veil, shown
from pipeline.web import guard
from pipeline.web.answers import Answer
from pipeline.web.verdict import points_to

FOR_GOOD = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
HEALS_AFTER = 3
"""Failures in a row after which the declared address is asked again: a move may have been a mistake."""


def of(state: State, source: Source) -> State:
    """The state for the URL that is declared now: what it knows of another one is forgotten, its queue stays."""
    mark = hashlib.sha256(source.url.encode()).hexdigest()[:16]
    if state.url == mark:
        return state
    return State(name=state.name, url=mark, known=state.known, pending=state.pending, claim=state.claim)


def after(state: State, source: Source, answer: Answer | None, *, readable: bool, now: datetime) -> State:
    """The state after a poll: 410 ends the source; a move for good holds once what came from there could be read."""
    if readable:
        return replace(state, ended_at=None, moved_to=moved(state, source, answer) if answer else None)
    if answer and answer.status == HTTPStatus.GONE:
        return replace(state, ended_at=now, due_at=None)
    return replace(state, moved_to=None) if state.failures >= HEALS_AFTER else state


def moved(state: State, source: Source, answer: Answer) -> str | None:
    """Where the answer came from, when every hop on the way there was for good; never a URL with a secret in it."""
    hops = {one.url: points_to(one) for one in answer.exchanges if one.status in FOR_GOOD}
    url = checked(state.moved_to or source.url, source)
    for _ in range(len(hops)):
        url = checked(hops.get(url) or url, source)
    if url != answer.url:
        return state.moved_to
    return url if url != checked(source.url, source) and Veil(source.url).url(url) == shown(url) == url else None


def checked(url: str, source: Source) -> str:
    return str(guard.checked(url, source.allow_hosts).url)
