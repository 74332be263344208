"""Captures of an article one after the other: what its folder holds, and what is told of each."""

from collections.abc import Callable

import pytest

from pipeline.documents import GONE, folder, gone_key, key_of
from pipeline.errors import NewerEdition
from pipeline.landing import gone, history, known, land, latest, see
from pipeline.model import Annotation
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.documents_made_up import document


@pytest.fixture
def store(folder_store: FolderStore) -> Store:
    return folder_store


def names(store: Store) -> list[str]:
    return [one.key for one in store.keys("documents/")]


def test_landing_first_capture_of_a_version_is_the_document(store: Store) -> None:
    first, again, change = document(1), document(2), document(3, "Crews voted to go on.")
    assert not known(store, first)
    assert land(store, first) == ("landed", str(key_of(first)))
    assert known(store, again)
    assert see(store, again) == str(key_of(again).of_kind("seen"))
    assert not known(store, change)
    assert land(store, change).outcome == "landed"
    assert history(store, first.id) == [key_of(first), key_of(again).of_kind("seen"), key_of(change)]
    assert latest(store, first.id) == change


def test_landing_an_earlier_capture_takes_the_place_of_a_later_one(store: Store) -> None:
    early, late = document(1), document(2)
    land(store, late)
    assert not known(store, early)
    assert land(store, early).outcome == "landed"
    assert history(store, early.id) == [key_of(early), key_of(late).of_kind("seen")]
    assert latest(store, early.id) == early


def test_landing_what_was_enriched_for_nothing_is_unchanged(store: Store) -> None:
    land(store, document(1))
    late = document(2)
    assert land(store, late) == ("unchanged", str(key_of(late).of_kind("seen")))
    assert str(key_of(late)) not in names(store)


def test_landing_a_repeat_changes_nothing(store: Store) -> None:
    first, late = document(1), document(2)
    for _ in range(2):
        assert land(store, first).outcome == "landed"
        assert see(store, late)
        assert land(store, late).outcome == "unchanged"
    assert names(store) == [str(key_of(first)), str(key_of(late).of_kind("seen"))]


def test_landing_seen_without_its_document_is_withdrawn(store: Store) -> None:
    only = document(2)
    assert see(store, only) is None
    assert names(store) == []
    land(store, document(3))
    assert see(store, only) is None
    assert land(store, only).outcome == "landed"


def test_landing_seen_where_its_own_document_is_there_gives_that(store: Store) -> None:
    land(store, document(1))
    assert see(store, document(1)) == str(key_of(document(1)))
    assert names(store) == [str(key_of(document(1)))]


def test_landing_better_object_of_one_capture_stays(store: Store) -> None:
    old, new = (document(layers={"topics": Annotation(version=n, value=[])}) for n in (1, 2))
    for one in (old, new, old):
        assert land(store, one).outcome == "landed"
    assert latest(store, old.id) == new


def test_landing_a_feeds_body_gives_way_to_the_page(store: Store) -> None:
    feed, page, later = document(1, edition="f7"), document(2), document(3, "Longer.", edition="f7")
    assert land(store, feed).outcome == "landed"
    assert not known(store, page)
    assert land(store, page).outcome == "landed"
    assert known(store, later)
    assert land(store, later) == ("unchanged", str(key_of(page)))
    assert see(store, later) == str(key_of(page))
    assert names(store) == [str(key_of(page))]


def test_landing_gone_is_told_of_what_we_hold(store: Store) -> None:
    held = document(1)
    at = document(5).captured_at
    assert at
    assert gone(store, held.id, at, "urn:uuid:9", "c7") is None
    land(store, held)
    key = gone(store, held.id, at, "urn:uuid:9", "c7")
    assert key == str(gone_key(held.id, at, "urn:uuid:9", "c7"))
    assert history(store, held.id)[-1].version == GONE
    assert latest(store, held.id) == held
    before = document(0).captured_at
    assert before
    assert gone(store, held.id, before, "urn:uuid:8", "c7") is None
    assert gone(store, held.id, before, "urn:uuid:8", "c7", anyway=True) is None
    assert history(store, held.id)[0] == gone_key(held.id, before, "urn:uuid:8", "c7")
    assert latest(store, held.id) == held


def test_landing_latest_is_what_the_last_capture_says(store: Store) -> None:
    assert latest(store, document().id) is None
    land(store, document(1, "One."))
    land(store, document(2, "Two."))
    see(store, document(3, "One."))
    found = latest(store, document().id)
    assert found == document(1, "One.")


def test_landing_beside_an_older_edition(store: Store) -> None:
    old, new = document(1, edition="c6"), document(2, edition="c7")
    land(store, old)
    assert not known(store, new)
    assert land(store, new).outcome == "landed"
    assert len(history(store, old.id)) == 2


@pytest.mark.parametrize("act", [known, land, see, lambda s, d: gone(s, d.id, d.captured_at, "urn:uuid:9", "c7")])
def test_landing_stops_at_a_newer_edition_and_leaves_nothing(store: Store, act: Callable[..., object]) -> None:
    land(store, document(1, edition="c8"))
    before = names(store)
    with pytest.raises(NewerEdition, match="edition c8 and this code makes c7"):
        act(store, document(2, edition="c7"))
    assert names(store) == before


def test_landing_at_a_newer_edition_leaves_what_had_landed_before(store: Store) -> None:
    land(store, document(1, edition="c7"))
    land(store, document(2, edition="c8"))
    with pytest.raises(NewerEdition):
        land(store, document(1, edition="c7"))
    assert len(names(store)) == 2


def test_landing_ignores_what_is_no_key_of_its_own(store: Store) -> None:
    store.put(folder(document().id) + "notes.txt", b"x")
    assert land(store, document()).outcome == "landed"
    assert history(store, document().id) == [key_of(document())]
