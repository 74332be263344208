"""What every store promises, on a folder, on SeaweedFS and on MinIO."""

import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.errors import NotFound, StoreError
from pipeline.store import Store

ODD_KEYS = (
    "a",
    "deep/er/key.json",
    "date=2026-11-22/20261122T101500Z-ab12/003.jsonl",
    "ü/é.json",
    "日本/語",
    "😀",
    "in between/two words",
    "a+b&c=d",
    "100%",
    "%41",
    "a?b#c",
    "~x~",
    "(it's)",
    "a:b;c,d",
    ".hidden",
    "x" * 255,
)

NO_KEYS = (
    "",
    "/a",
    "a/",
    "a//b",
    "..",
    "../a",
    "a/../b",
    "./a",
    "a/.",
    "a\nb",
    "a\0b",
    "a\\b",
    "x" * 256,
    "x/" * 600 + "x",
    "\ud800",
)


def test_store_keeps_any_key(store: Store) -> None:
    for key in ODD_KEYS:
        store.put(key, key.encode())
        assert store.get(key).body == key.encode()
        assert (key, len(key.encode())) in [one[:2] for one in store.keys(key)]
    assert {listed.key for listed in store.keys("")} == {*ODD_KEYS, "newsroom.json"}
    for key in ODD_KEYS:
        store.delete(key)
    assert [listed.key for listed in store.keys("")] == ["newsroom.json"]


def test_store_refuses_what_is_no_key(store: Store) -> None:
    for key in NO_KEYS:
        for attempt in (lambda k: store.put(k, b""), store.get, store.delete, lambda k: store.get_range(k, 0, 1)):
            with pytest.raises(StoreError, match="not a key") as caught:
                attempt(key)
            assert not isinstance(caught.value, NotFound)
    assert [listed.key for listed in store.keys("")] == ["newsroom.json"]


def test_store_names_what_is_missing(store: Store) -> None:
    store.put("there/is", b"")
    for key in ("missing", "there", "there/is/not"):
        with pytest.raises(NotFound, match=key):
            store.get(key)
        with pytest.raises(NotFound, match=key):
            store.get_range(key, 0, 1)
        store.delete(key)
    assert store.get("there/is").body == b""


def test_store_writes_anew(store: Store) -> None:
    first, second = store.put("k", b"one"), store.put("k", b"two")
    assert first != second
    assert store.get("k") == (b"two", second)


def test_store_puts_new_only_where_nothing_is(store: Store) -> None:
    assert store.put_new("k", b"one")
    assert not store.put_new("k", b"two")
    assert not store.put_new("k", b"one")
    assert store.get("k").body == b"one"
    store.delete("k")
    assert store.put_new("k", b"three")


def test_store_replaces_only_what_was_read(store: Store) -> None:
    first = store.put("k", b"one")
    assert store.replace("k", b"two", first)
    assert not store.replace("k", b"three", first)
    assert store.replace("k", b"four", store.get("k").etag)
    assert store.get("k").body == b"four"
    last = store.get("k").etag
    store.delete("k")
    assert not store.replace("k", b"five", last)
    assert list(store.keys("k")) == []


def test_store_reads_ranges_as_slices(store: Store) -> None:
    body = b"0123456789"
    store.put("k", body)
    store.put("empty", b"")
    for offset, length in ((0, 10), (2, 3), (8, 100), (9, 1), (10, 1), (99, 5), (3, 0), (0, 1)):
        assert store.get_range("k", offset, length) == body[offset : offset + length]
        assert store.get_range("empty", offset, length) == b""


def test_store_lists_in_code_point_order_by_any_prefix(store: Store) -> None:
    made = ["a-b", "a.b/c", "a/-", "a/b", "a/b-c/d", "a/b.c", "a0", "ab/c", "b", "é", "\ufffd", "😀/x"]
    for key in made:
        store.put(key, b"x")
    store.put("a/b-c/e", b"")
    store.delete("a/b-c/e")
    assert [listed.key for listed in store.keys("")] == sorted([*made, "newsroom.json"])
    for prefix in ("a", "a/", "a/b", "a/b-", "a/b-c/", "a.", "é", "no", "a/no", "no/no"):
        assert [listed.key for listed in store.keys(prefix)] == sorted(k for k in made if k.startswith(prefix))


def test_store_lists_more_than_one_page(store: Store) -> None:
    made = sorted(f"many/{i % 7}{'-x' * (i % 2)}/{i}" for i in range(1005))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: store.put(key, b""), made))
    assert [listed.key for listed in store.keys("many/")] == made


def test_store_keeps_a_big_body(store: Store) -> None:
    body = bytes(range(256)) * 65536 + b"end"
    store.put("big", body)
    assert store.get("big").body == body
    assert store.get_range("big", len(body) - 3, 9) == b"end"
    assert [one[:2] for one in store.keys("big")] == [("big", len(body))]


def test_store_has_one_winner_among_threads(store: Store) -> None:
    with ThreadPoolExecutor(12) as threads:
        for key in ("r/0", "r/1", "r/2"):
            won = list(threads.map(lambda n, key=key: (store.put_new(key, b"%d" % n), n), range(12)))
            assert [b"%d" % n for new, n in won if new] == [store.get(key).body]


def count_up(store: Store, times: int) -> None:
    for _ in range(times):
        while True:
            body, etag = store.get("counter")
            if store.replace("counter", b"%d" % (int(body) + 1), etag):
                break


def test_store_loses_no_swap_among_threads(store: Store) -> None:
    store.put("counter", b"0")
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: count_up(store, 5), range(6)))
    assert store.get("counter").body == b"30"


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_store_loses_no_swap_among_forked_processes(store: Store) -> None:
    store.put("counter", b"0")  # the parent has its connections before the fork, as Airflow's scheduler may
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=count_up, args=(store, 8)) for _ in range(3)]
    for child in children:
        child.start()
    count_up(store, 8)
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert store.get("counter").body == b"32"


def test_store_shows_only_whole_bodies(store: Store) -> None:
    size = 400_000
    store.put("k", b"0" * size)
    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(lambda: [store.put("k", b"%d" % (n % 10) * size) for n in range(20)])
        while not writing.done():
            body = store.get("k").body
            assert body == body[:1] * size


def test_store_check_can_be_repeated(store: Store) -> None:
    assert json.loads(store.get("newsroom.json").body) == {"layout": 1, "identity": 1}
    store.check()
    assert [listed.key for listed in store.keys("")] == ["newsroom.json"]


@pytest.mark.parametrize(
    "body", [b'{"layout": 2, "identity": 1}', b'{"layout": 1, "identity": 0}', b"{}", b"\xff", b""]
)
def test_store_check_refuses_what_it_does_not_know(store: Store, body: bytes) -> None:
    store.put("newsroom.json", body)
    with pytest.raises(StoreError, match=r"newsroom\.json says .* another store"):
        store.check()
    assert store.get("newsroom.json").body == body


def test_store_tables_are_delta_tables(store: Store) -> None:
    import pyarrow
    from deltalake import DeltaTable, write_deltalake

    uri, options = store.table("outcomes")
    for n in (1, 2):
        write_deltalake(uri, pyarrow.table({"n": [n]}), storage_options=options, mode="append")
    assert sorted(DeltaTable(uri, storage_options=options).to_pyarrow_table()["n"].to_pylist()) == [1, 2]
    assert any(listed.key.startswith("tables/outcomes/_delta_log/") for listed in store.keys("tables/"))
