"""Real processes land into one store at once, and are killed."""

import itertools
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from pipeline.documents import Key, decode, encode, key_of, settled
from pipeline.model import Document
from pipeline.store import Store
from pipeline.store.s3 import S3Store
from tests.documents_made_up import document

ROOT = Path(__file__).resolve().parent.parent

LANDER = """
import sys
from pipeline.documents import decode
from pipeline.landing import known, land, see
from pipeline.store import open_store

store = open_store(sys.argv[1])
for line in sys.stdin.buffer:
    one = decode(line)
    while not (see(store, one) if known(store, one) else land(store, one)):
        pass
"""


def start(store: Store, captures: list[Document], seed: int) -> subprocess.Popen[bytes]:
    """A process that lands the captures in an order of its own."""
    shuffled = list(captures)
    random.Random(seed).shuffle(shuffled)
    command = [sys.executable, "-c", LANDER, store.url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, env={**os.environ, **credentials(store)})
    assert process.stdin
    process.stdin.write(b"".join(encode(one) + b"\n" for one in shuffled))
    process.stdin.close()
    return process


def credentials(store: Store) -> dict[str, str]:
    if not isinstance(store, S3Store):
        return {}
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return dict(zip(names, (store.endpoint, store.access_key, store.secret), strict=True))  # type: ignore[arg-type]


def names(store: Store) -> list[str]:
    return [one.key for one in store.keys("documents/")]


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
