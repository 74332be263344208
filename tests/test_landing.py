"""Landing ends alike whoever lands, dies and repeats, in whatever order."""

import random
from collections.abc import Callable, Iterator

import pytest
from greenlet import greenlet
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.documents import GONE, Key, better, encode, folder, gone_key, key_of, settled
from pipeline.errors import NewerEdition, NotFound
from pipeline.landing import gone, history, known, land, latest, see
from pipeline.model import Annotation, Document
from pipeline.store import Listed, Store, Stored
from pipeline.store.folder import FolderStore
from tests.documents_made_up import document


class MemoryStore:
    """The port over a dict; before each request it asks `turn`, which may let others go first or kill the caller."""

    url = "memory:"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.turn: Callable[[], None] = lambda: None

    def check(self) -> None: ...

    def get(self, key: str) -> Stored:
        self.turn()
        if key not in self.objects:
            raise NotFound(key)
        return Stored(self.objects[key], self.objects[key].hex())

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        return self.get(key).body[offset : offset + length]

    def put(self, key: str, body: bytes) -> str:
        self.turn()
        self.objects[key] = body
        return body.hex()

    def put_new(self, key: str, body: bytes) -> bool:
        self.turn()
        if key in self.objects:
            return False
        self.objects[key] = body
        return True

    def replace(self, key: str, body: bytes, etag: str) -> bool:
        self.turn()
        if key not in self.objects or self.objects[key].hex() != etag:
            return False
        self.objects[key] = body
        return True

    def delete(self, key: str) -> None:
        self.turn()
        self.objects.pop(key, None)

    def keys(self, prefix: str) -> Iterator[Listed]:
        self.turn()
        return iter([Listed(k, len(self.objects[k])) for k in sorted(self.objects) if k.startswith(prefix)])

    def table(self, name: str) -> tuple[str, dict[str, str]]:
        return name, {}


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


class Died(BaseException):
    """The process of a lander is killed."""


def runner(store: MemoryStore, one: Document | tuple[str, int]) -> bool:
    """What the pipeline does with one capture; True when it is settled."""
    if isinstance(one, tuple):
        at = document(one[1]).captured_at
        assert at
        gone(store, one[0], at, f"urn:uuid:{one[1]:08}", "c7", anyway=True)
        return True
    if known(store, one):
        return see(store, one) is not None
    return bool(land(store, one))


def until_settled(store: MemoryStore, one: Document | tuple[str, int]) -> None:
    """Tries a capture until a try ends, and again while its entry stays pending."""
    while True:
        try:
            if runner(store, one):
                return
        except Died:
            continue


def race(captures: list[Document | tuple[str, int]], chance: random.Random, deadly: float) -> MemoryStore:
    """Runs all captures against each other, request by request, each request with a chance to be a try's last."""
    store = MemoryStore()
    hub = greenlet.getcurrent()

    def turn() -> None:
        if greenlet.getcurrent() is not hub:
            hub.switch()
            if chance.random() < deadly:
                raise Died

    store.turn = turn
    racers = [greenlet(lambda one=one: until_settled(store, one)) for one in captures]
    while alive := [racer for racer in racers if not racer.dead]:
        chance.choice(alive).switch()
    return store


def expected(captures: list[Document | tuple[str, int]]) -> dict[str, bytes]:
    bodies: dict[Key, bytes] = {}
    for one in captures:
        if isinstance(one, Document):
            bodies[key_of(one)] = better(encode(one), bodies.get(key_of(one), b""))
    goes = [gone_key(one[0], document(one[1]).captured_at, f"urn:uuid:{one[1]:08}", "c7")  # type: ignore[arg-type]
            for one in captures if isinstance(one, tuple)]  # fmt: skip
    return {str(key): bodies[key] if key.kind == "json" else b"" for key in settled([*bodies, *goes])}


PAGES = st.builds(document, st.integers(0, 5), st.sampled_from(["A.", "B."]))
FEEDS = st.builds(document, st.integers(0, 5), st.sampled_from(["A.", "B."]), edition=st.just("f7"))
GONES = st.tuples(st.just(document().id), st.integers(0, 8))
ONE_VERSION_A_CAPTURE = st.lists(
    PAGES | FEEDS | GONES,
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[1] if isinstance(one, tuple) else one.captured_at,
)


@settings(max_examples=400, deadline=None)
@given(ONE_VERSION_A_CAPTURE, st.integers(0, 2**32), st.sampled_from([0, 0.05, 0.3]))
def test_landing_every_interleaving_ends_alike(
    captures: list[Document | tuple[str, int]], seed: int, deadly: float
) -> None:
    assert race(captures, random.Random(seed), deadly).objects == expected(captures)


RELEASES = [{"topics": 1, "quotes": 1}, {"topics": 2}, {"topics": 1}, {"topics": 2, "quotes": 1}]


@settings(max_examples=150, deadline=None)
@given(ONE_VERSION_A_CAPTURE, st.permutations(RELEASES), st.integers(0, 2**32), st.sampled_from([0, 0.2]))
def test_landing_releases_that_run_each_capture_end_alike(
    captures: list[Document | tuple[str, int]], releases: list[dict[str, int]], seed: int, deadly: float
) -> None:
    made: list[Document | tuple[str, int]] = []
    for layers in releases:
        annotations = {name: Annotation(version=version, value=[]) for name, version in layers.items()}
        made += [one if isinstance(one, tuple) else replace(one, annotations=annotations) for one in captures[:3]]
    assert race(made, random.Random(seed), deadly).objects == expected(made)


def test_landing_puts_again_what_somebody_took_away() -> None:
    store, one = MemoryStore(), document(1)

    def take_away_once() -> None:
        if store.objects:
            store.turn = lambda: None
            store.objects.clear()

    store.turn = take_away_once
    assert land(store, one).outcome == "landed"
    assert list(store.objects) == [str(key_of(one))]


def test_landing_leaves_to_others_the_seen_beside_their_document() -> None:
    store, first, second = MemoryStore(), document(1), document(2, "Other.")
    land(store, first)
    seen = str(key_of(first).of_kind("seen"))
    store.put(seen, b"")
    land(store, second)
    assert seen in store.objects
    land(store, first)
    assert list(store.objects) == [str(key_of(first)), str(key_of(second))]
