"""Landing ends alike whoever lands, dies and repeats, in whatever order."""

import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from greenlet import greenlet
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import GONE, Key, decode, encode, folder, gone_key, key_of, settled
from pipeline.errors import NewerEdition, NotFound
from pipeline.landing import gone, history, known, land, latest, listed, see
from pipeline.model import Annotation, Document
from pipeline.store import Listed, Store, Stored
from pipeline.store.folder import FolderStore
from tests.documents_made_up import document

ROOT = Path(__file__).resolve().parent.parent


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
    assert gone(store, held.id, document(0).captured_at, "urn:uuid:8", "c7") is None  # type: ignore[arg-type]


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
        return gone(store, one[0], at, f"urn:uuid:{one[1]:08}", "c7") is not None
    if known(store, one):
        return see(store, one) is not None
    return bool(land(store, one))


def until_settled(store: MemoryStore, one: Document | tuple[str, int]) -> None:
    """Tries a capture until a try ends, and again while its entry stays pending; a 404 of nothing held is final."""
    while True:
        try:
            if runner(store, one) or isinstance(one, tuple):
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
    for one in captures:
        if isinstance(one, tuple):  # told before the article landed: told again
            runner(store, one)
    return store


def expected(captures: list[Document | tuple[str, int]]) -> dict[str, bytes]:
    bodies = {key_of(one): encode(one) for one in captures if isinstance(one, Document)}
    goes = [gone_key(one[0], document(one[1]).captured_at, f"urn:uuid:{one[1]:08}", "c7")  # type: ignore[arg-type]
            for one in captures if isinstance(one, tuple)]  # fmt: skip
    return {str(key): bodies[key] if key.kind == "json" else b"" for key in settled([*bodies, *goes])}


PAGES = st.builds(document, st.integers(0, 5), st.sampled_from(["A.", "B."]))
FEEDS = st.builds(document, st.integers(0, 5), st.sampled_from(["A.", "B."]), edition=st.just("f7"))
GONES = st.tuples(st.just(document().id), st.integers(6, 8))
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


@settings(max_examples=150, deadline=None)
@given(ONE_VERSION_A_CAPTURE, st.integers(0, 2**32), st.sampled_from([0, 0.2]))
def test_landing_two_runners_of_each_capture_end_alike(
    captures: list[Document | tuple[str, int]], seed: int, deadly: float
) -> None:
    assert race([*captures, *captures], random.Random(seed), deadly).objects == expected(captures)


def script(store: Store, captures: list[Document], seed: int) -> list[str]:
    """A process that lands the captures in an order of its own."""
    shuffled = list(captures)
    random.Random(seed).shuffle(shuffled)
    code = (
        "import sys; from pipeline.documents import decode; from pipeline.landing import known, land, see\n"
        "from pipeline.store import open_store\n"
        f"store = open_store({store.url!r})\n"
        "for line in sys.stdin.buffer:\n"
        "    one = decode(line)\n"
        "    while not (see(store, one) if known(store, one) else land(store, one)): pass\n"
    )
    return [sys.executable, "-c", code]


def start(store: Store, captures: list[Document], seed: int) -> subprocess.Popen[bytes]:
    shuffled = list(captures)
    random.Random(seed).shuffle(shuffled)
    process = subprocess.Popen(script(store, captures, seed), stdin=subprocess.PIPE, cwd=ROOT, env=dict(os.environ))
    assert process.stdin
    process.stdin.write(b"".join(encode(one) + b"\n" for one in shuffled))
    process.stdin.close()
    return process


def some_captures() -> list[Document]:
    texts = ["A.", "B.", "A long text. " * 20_000]
    urls = [f"https://tern.example/2026/story-{n}" for n in range(2)]
    return [document(n, texts[n % 3], url=url) for url, n in itertools.product(urls, range(9))]


def held(store: Store) -> dict[str, bytes]:
    return {key: store.get(key).body for key in names(store)}


def should_hold(captures: list[Document]) -> dict[str, bytes]:
    bodies = {key_of(one): encode(one) for one in captures}
    return {str(k): bodies[k] if k.kind == "json" else b"" for k in settled_by_article(bodies)}


def settled_by_article(keys: dict[Key, bytes]) -> list[Key]:
    by_article = itertools.groupby(sorted(keys, key=lambda k: k.id), key=lambda k: k.id)
    return [key for _, of_one in by_article for key in settled(of_one)]


def test_landing_processes_that_race_end_alike(store: Store) -> None:
    captures = some_captures()
    racers = [start(store, captures, seed) for seed in range(3)]
    assert [racer.wait(60) for racer in racers] == [0, 0, 0]
    assert held(store) == should_hold(captures)


def test_landing_killed_leaves_no_half_object_and_a_repeat_ends_right(store: Store) -> None:
    captures = some_captures()
    whole = should_hold(captures)
    bodies = {str(key_of(one)): encode(one) for one in captures}
    for seed in range(4):
        racer = start(store, captures, seed)
        before = len(names(store))
        while racer.poll() is None and len(names(store)) < before + seed:
            pass
        racer.send_signal(signal.SIGKILL)
        racer.wait()
        assert all(body == (bodies[key] if key.endswith(".json") else b"") for key, body in held(store).items())
        assert all(decode(body) for key, body in held(store).items() if key.endswith(".json"))
    assert start(store, captures, 9).wait(60) == 0
    assert held(store) == whole
    assert listed(store, captures[0].id)
