"""What only a store behind a network has to hold: lost answers, odd answers, wrong settings."""

import uuid
from urllib.parse import urlsplit

import pytest

from pipeline.errors import NotFound, StoreError, StoreFull, UsageError
from pipeline.local.object_store import ObjectStore
from pipeline.local.ports import RANGE, free
from pipeline.store.s3 import S3Store
from tests.store.relay import CUT, HALF, Relay, answer, relay

CONFLICT = answer(409, "ConditionalRequestConflict")


@pytest.fixture
def direct(s3_server: ObjectStore) -> S3Store:
    return s3_server.store(f"test-{uuid.uuid4().hex}")


def through(wire: Relay, store: S3Store) -> S3Store:
    return S3Store(store.url, endpoint=wire.url, key=store.access_key, secret=store.secret)


@pytest.mark.parametrize(
    ("happens", "there", "won"),
    [
        ([CUT], None, True),
        ([CUT, CUT, CUT], None, True),
        ([CONFLICT], None, True),
        ([CONFLICT, CUT], None, True),
        ([answer(500, "InternalError")], None, True),
        ([CUT], b"theirs", False),
        ([CUT, CUT, CUT], b"theirs", False),
        ([CONFLICT, CONFLICT], b"theirs", False),
        ([], b"theirs", False),
        ([], b"ours", False),
    ],
)
def test_s3_decides_after_a_lost_answer_to_put_new(
    direct: S3Store, happens: list[bytes], there: bytes | None, won: bool
) -> None:
    if there is not None:
        direct.put("k", there)
    with relay(urlsplit(direct.endpoint).port, PUT=list(happens)) as wire:
        assert through(wire, direct).put_new("k", b"ours") is won
    assert direct.get("k").body == (there or b"ours")


@pytest.mark.parametrize("happens", [[CUT], [CUT, CUT, CUT], [CONFLICT], [CONFLICT, CUT]])
def test_s3_decides_after_a_lost_answer_to_replace(direct: S3Store, happens: list[bytes]) -> None:
    etag = direct.put("k", b"old")
    with relay(urlsplit(direct.endpoint).port, PUT=list(happens)) as wire:
        assert through(wire, direct).replace("k", b"ours", etag)
    with relay(urlsplit(direct.endpoint).port, PUT=list(happens)) as wire:
        assert not through(wire, direct).replace("k", b"late", etag)
    assert direct.get("k").body == b"ours"


def test_s3_gives_up_a_conflict_that_stays(direct: S3Store) -> None:
    with (
        relay(urlsplit(direct.endpoint).port, PUT=[CONFLICT] * 9) as wire,
        pytest.raises(StoreError, match="ConditionalRequestConflict"),
    ):
        through(wire, direct).put_new("k", b"ours")


@pytest.mark.parametrize("happens", [[HALF], [HALF, HALF], [CUT], [answer(503, "SlowDown"), HALF]])
def test_s3_reads_whole_bodies_over_a_bad_wire(direct: S3Store, happens: list[bytes]) -> None:
    direct.put("k", b"0123456789" * 1000)
    with relay(urlsplit(direct.endpoint).port, GET=list(happens)) as wire:
        assert through(wire, direct).get("k").body == b"0123456789" * 1000


@pytest.mark.parametrize(
    ("status", "code", "named", "mend"),
    [
        (507, "XMinioStorageFull", StoreFull, "no room"),
        (507, "Anything", StoreFull, "no room"),
        (403, "QuotaExceeded", StoreFull, "no room"),
        (403, "AccessDenied", StoreError, "let these credentials"),
        (403, "RequestTimeTooSkewed", StoreError, "clock"),
        (400, "Unheard", StoreError, "log of the store"),
    ],
)
def test_s3_names_what_the_server_says(
    direct: S3Store, status: int, code: str, named: type[StoreError], mend: str
) -> None:
    writes = (lambda s: s.put("k", b""), lambda s: s.put_new("k", b""), lambda s: s.replace("k", b"", '"e"'))
    for write in writes:
        with relay(urlsplit(direct.endpoint).port, PUT=[answer(status, code)]) as wire:
            with pytest.raises(named) as caught:
                write(through(wire, direct))
            one_line(caught.value, direct.url, code, mend)


def one_line(error: Exception, *parts: str) -> None:
    said = str(error)
    assert "\n" not in said
    for part in parts:
        assert part in said


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's AWS settings, and no question to a metadata server for credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("no_settings")
@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"endpoint": "nobody"}, "start the store"),
        ({"endpoint": "no url"}, "correct NEWSROOM_STORE"),
        ({"key": "wrong"}, "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"secret": "wrong"}, "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),  # pragma: allowlist secret
        ({"key": None, "secret": None}, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"url": "s3://no-such-bucket/x"}, "create the bucket"),
        ({"url": "s3://A_B/x"}, "correct NEWSROOM_STORE"),
    ],
)
@pytest.mark.parametrize("kind", ["seaweedfs", "minio_server"])
def test_s3_check_says_what_to_mend(
    request: pytest.FixtureRequest, kind: str, change: dict[str, str | None], mend: str
) -> None:
    server: ObjectStore = request.getfixturevalue(kind)
    right = {"url": "s3://newsroom/x", "endpoint": server.endpoint, "key": server.key, "secret": server.secret}
    given = right | change
    if given["endpoint"] == "nobody":
        given["endpoint"] = f"http://127.0.0.1:{next(filter(free, RANGE))}"
    store = S3Store(**given)
    with pytest.raises(StoreError) as caught:
        store.check()
    assert not isinstance(caught.value, NotFound)
    one_line(caught.value, str(given["url"]), mend)


def test_s3_makes_no_bucket(s3_server: ObjectStore) -> None:
    store = S3Store("s3://not-there", endpoint=s3_server.endpoint, key=s3_server.key, secret=s3_server.secret)
    for write in (
        store.check,
        lambda: store.put("k", b""),
        lambda: store.put_new("k", b""),
        lambda: list(store.keys("")),
    ):
        with pytest.raises(StoreError, match="NoSuchBucket") as caught:
            write()
        assert not isinstance(caught.value, NotFound)


@pytest.mark.parametrize("url", ["s3://", "s3:///x", "file:///x"])
def test_s3_refuses_other_urls(url: str) -> None:
    with pytest.raises(UsageError, match="not a store"):
        S3Store(url)


@pytest.mark.parametrize(
    ("url", "prefix"), [("s3://b", ""), ("s3://b/", ""), ("s3://b/p", "p/"), ("s3://b/p/q/", "p/q/")]
)
def test_s3_reads_its_url(url: str, prefix: str) -> None:
    assert (S3Store(url).bucket, S3Store(url).prefix) == ("b", prefix)
