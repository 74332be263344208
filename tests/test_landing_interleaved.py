"""Landing ends alike whoever lands, dies and repeats, in whatever order: a store whose requests are interleaved."""

import random
from collections.abc import Callable, Iterator

from greenlet import greenlet
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.documents import Key, better, encode, gone_key, key_of, settled
from pipeline.errors import NotFound
from pipeline.landing import gone, known, land, see
from pipeline.model import Annotation, Document
from pipeline.store import Listed, Stored
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
