"""The queue of a source: what a run may take up, what settles it, and when pages are looked at again."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from pipeline import queue
from pipeline.model import Entry, Outcome
from pipeline.polls import State
from pipeline.queue import LAST_TRY
from tests.test_polls import NONE, NOW, OTHER, RUN, entry, line, minutes, offered, taken_up

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
LOOKS = (HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR)
ETAG = {"If-None-Match": '"one"'}
ARTICLE = "0123456789abcdef0123"  # pragma: allowlist secret


def test_queue_leased_entries_wait_for_their_run_alone() -> None:
    state = taken_up(entry())
    assert not list(queue.ready(state, NOW, frozenset({RUN})))
    assert [key for key, _ in queue.ready(state, NOW, NONE)] == [entry().key]


def test_queue_leasing_twice_for_one_run_is_one_try() -> None:
    state = taken_up(entry())
    assert queue.lease(state, RUN, [entry().key]).pending[entry().key].tries == 1
    assert queue.lease(state, OTHER, [entry().key]).pending[entry().key].tries == 2


def test_queue_an_entry_put_off_comes_up_again_by_itself() -> None:
    state = queue.settle(
        taken_up(entry()), RUN, [line(entry(), outcome="failed", again_at=LATER, reason="status: 503")], NOW
    )
    assert not list(queue.ready(state, NOW, NONE))
    assert [key for key, _ in queue.ready(state, LATER, NONE)] == [entry().key]


def test_queue_a_line_settles_only_what_it_was_about() -> None:
    changed = entry(title="Ferries sail again")
    state = offered(taken_up(entry()), changed)
    state = queue.settle(state, RUN, [line(entry())], NOW)
    assert state.pending[changed.key].digest == changed.digest


def test_queue_an_entry_that_no_batch_had_room_for_is_free_and_has_had_no_try() -> None:
    state = queue.settle(taken_up(entry(1), entry(2)), RUN, [line(entry(1))], NOW)
    waiting = state.pending[entry(2).key]
    assert (waiting.lease, waiting.tries) == (None, 0)


def test_queue_a_run_that_died_is_counted() -> None:
    state = queue.settle(
        taken_up(entry()), RUN, [line(entry(), outcome="failed", again_at=NOW, reason="run died")], NOW
    )
    assert state.pending[entry().key].deaths == 1


def test_queue_the_fifth_try_is_the_last() -> None:
    tries = [queue.try_again_at(NOW, number) for number in range(1, LAST_TRY + 1)]
    assert [again and again - NOW for again in tries] == [minutes(5), minutes(20), minutes(80), minutes(320), None]


def landed(of: Entry, **more: object) -> Outcome:
    return replace(line(of), **{"id": ARTICLE, "validators": ETAG, **more})


def watched(of: Entry | None = None, now: datetime = NOW) -> State:
    of = of or entry()
    return queue.settle(taken_up(of), RUN, [landed(of)], now, LOOKS)


def look(state: State, now: datetime, **more: object) -> State:
    """The looks that are due are taken up and end as `more` says."""
    state = queue.look_again(state, now)
    state = queue.lease(state, RUN, [key for key, _ in queue.ready(state, now, NONE)])
    lines = [landed(w.entry, queued_as=key, **more) for key, w in state.pending.items() if w.lease == RUN]
    return queue.settle(state, RUN, lines, now, LOOKS)


def next_look(state: State, key: str = entry().key) -> timedelta | None:
    watch = state.known[key].watch
    return watch.look_at - NOW if watch else None


def test_queue_a_page_is_looked_at_again_as_long_after_it_was_first_seen_as_the_setting_says() -> None:
    state, seen = watched(), []
    while (after := next_look(state)) is not None:
        seen.append(after)
        assert not queue.look_again(state, NOW + after - timedelta(seconds=1)).pending
        state = look(state, NOW + after, outcome="unchanged")
        assert not state.pending
    assert tuple(seen) == LOOKS


def test_queue_looks_that_were_missed_are_one() -> None:
    assert next_look(look(watched(), NOW + 30 * HOUR)) == 72 * HOUR
    assert next_look(look(watched(), NOW + 300 * HOUR)) is None


@pytest.mark.parametrize(
    ("more", "after"),
    [
        ({"outcome": "landed"}, HOUR),
        ({"outcome": "unchanged"}, HOUR),
        ({"outcome": "duplicate", "id": None}, None),
        ({"outcome": "rejected", "id": None}, None),
        ({"outcome": "skipped", "id": None}, None),
        ({"outcome": "failed", "id": None}, None),
    ],
)
def test_queue_only_what_landed_is_looked_at_again(more: dict[str, object], after: timedelta | None) -> None:
    state = queue.settle(taken_up(entry()), RUN, [landed(entry(), **more)], NOW, LOOKS)
    assert next_look(state) == after


@pytest.mark.parametrize("url", [None, "file:///pages/1.html"])
def test_queue_what_is_no_page_of_the_web_is_not_looked_at_again(url: str | None) -> None:
    bare = Entry(source="tern", url=url, guid="g")
    assert next_look(queue.settle(taken_up(bare), RUN, [landed(bare)], NOW, LOOKS), bare.key) is None


def test_queue_no_looks_where_the_setting_is_never() -> None:
    assert next_look(queue.settle(taken_up(entry()), RUN, [landed(entry())], NOW)) is None


def test_queue_a_look_knows_the_page_as_it_was_offered_without_the_body() -> None:
    of = Entry(source="tern", url="https://tern.example/1", title="Ferries", summary="All of them.", body="<p>Long</p>")
    (waiting,) = queue.look_again(watched(of), LATER).pending.values()
    assert waiting.entry == replace(of, body=None)
    assert (waiting.look, waiting.article, waiting.validators) == (True, ARTICLE, ETAG)


def test_queue_a_look_leaves_what_the_source_said_as_it_was() -> None:
    of = Entry(source="tern", url=entry().url, body="<p>Long</p>")
    state = look(watched(of), LATER)
    assert (state.known[of.key].digest, state.known[of.key].offered_at) == (of.digest, NOW)
    assert not offered(state, of).pending


def test_queue_news_go_before_looks() -> None:
    state = queue.look_again(offered(watched(), entry(2), now=LATER), LATER)
    assert [key for key, _ in queue.ready(state, LATER, NONE)] == [entry(2).key, entry(1).key]


def test_queue_an_update_said_by_the_feed_is_asked_at_once_with_what_is_known_and_moves_no_look() -> None:
    state = offered(watched(), entry(title="Ferries sail again"), now=NOW + minutes(20))
    (waiting,) = state.pending.values()
    assert (waiting.look, waiting.article, waiting.validators) == (False, ARTICLE, ETAG)
    state = queue.lease(state, RUN, state.pending)
    state = queue.settle(state, RUN, [landed(waiting.entry)], NOW + minutes(30), LOOKS)
    assert next_look(state) == HOUR


def test_queue_an_update_takes_the_place_of_a_look_that_is_out() -> None:
    state = queue.lease(queue.look_again(watched(), LATER), RUN, [entry().key])
    (out,) = state.pending.values()
    state = offered(state, entry(title="Ferries sail again"), now=LATER)
    state = queue.settle(state, RUN, [landed(out.entry)], LATER, LOOKS)
    assert [one.entry.title for one in state.pending.values()] == ["Ferries sail again"]


def test_queue_a_known_entry_offered_again_leaves_its_look_alone() -> None:
    state = offered(queue.look_again(watched(), LATER), entry(), now=LATER)
    assert [one.look for one in state.pending.values()] == [True]
    assert state.last_poll is not None
    assert state.last_poll.known == 1


def test_queue_a_page_that_came_back_is_asked_for_whole() -> None:
    """With the validators of before it went, its return would be "not modified", and it would be gone for ever."""
    state = look(watched(), LATER, outcome="rejected", validators={})
    assert next_look(state) == 6 * HOUR
    (waiting,) = queue.look_again(state, NOW + 6 * HOUR).pending.values()
    assert waiting.validators == {}


def test_queue_a_look_that_failed_for_good_is_no_last_look() -> None:
    state = look(watched(), LATER, outcome="failed", validators={})
    (waiting,) = queue.look_again(state, NOW + 6 * HOUR).pending.values()
    assert waiting.validators == ETAG


def test_queue_the_watch_goes_on_where_all_links_change_to_https() -> None:
    old = Entry(source="tern", url="http://tern.example/1", guid="http://tern.example/1")
    new = Entry(source="tern", url="https://tern.example/1", guid="https://tern.example/1")
    state = offered(watched(old), new, now=NOW + minutes(30))
    state = queue.lease(state, RUN, state.pending)
    state = queue.settle(state, RUN, [landed(new, outcome="unchanged")], NOW + minutes(30), LOOKS)
    assert (next_look(state, old.key), next_look(state, new.key)) == (None, HOUR)


def test_queue_a_state_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_WATCHED", 2)
    every = [entry(n) for n in range(4)]
    lines = [landed(one, id=f"{n:020}") for n, one in enumerate(every)]
    state = queue.settle(taken_up(*every), RUN, lines, NOW, LOOKS)
    assert [next_look(state, one.key) for one in every] == [HOUR, HOUR, None, None]
