"""Looks at what Newsroom stands on, and says what is wrong in words, with the mend; changes nothing that lasts."""

import secrets
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pipeline import rest
from pipeline.config import STATE, Settings
from pipeline.errors import NewsroomError, NotFound, StoreError
from pipeline.parse import Parser
from pipeline.sources.declared import load
from pipeline.stages.ready import missing
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from pipeline.store.rules import LAYOUT_KEY
from pipeline.veil import shown

GIGABYTE = 1_000_000_000
LEAST_FREE = 1 * GIGABYTE
CLOCKS = timedelta(seconds=60)
"""How far our clock may be from the store's: leases, dates and signatures of requests go by it."""

SECONDS = 10  # that a clock or an Airflow may take to answer
PARTS = ("metadatabase", "scheduler", "dag_processor")
"""What of Airflow must be healthy for a run to go."""


class House(NamedTuple):
    """What is looked at, and the time by our clock."""

    settings: Settings
    store: Store
    now: Callable[[], datetime]


class Finding(NamedTuple):
    """What a check found; where it is not `ok`, `said` ends with the mend."""

    check: str
    ok: bool
    said: str


def examine(house: House) -> Iterator[Finding]:
    """All findings in the order of CHECKS; what asks the store is left out where it does not answer."""
    reachable = True
    for name, check in CHECKS.items():
        if check is clock and not reachable:
            continue
        try:
            yield Finding(name, True, check(house))
        except (NewsroomError, OSError) as error:
            reachable &= check is not store
            yield Finding(name, False, " ".join(str(error).split()))


def store(house: House) -> str:
    """The store answers, is ours, and takes conditional writes."""
    bucket = house.store
    try:
        bucket.get(LAYOUT_KEY)
    except NotFound:
        other = next(iter(bucket.keys("")), None)
        if other:
            raise StoreError(
                f"{bucket.url} is not Newsroom's: it holds {other.key} and no {LAYOUT_KEY}: "
                "name a bucket or prefix of its own in NEWSROOM_STORE"
            ) from None
        probe(bucket)
        return f"{bucket.url} can be written, and is empty: the first run begins it"
    bucket.check()
    probe(bucket)
    return f"{bucket.url} is Newsroom's, can be written, and honours conditional writes"


def probe(bucket: Store) -> None:
    """Writes a key, tries to write over it where that must be refused, and removes it."""
    key = f"work/doctor/{secrets.token_hex(8)}"
    try:
        told = bucket.put_new(key, b"1"), bucket.put_new(key, b"2"), bucket.replace(key, b"3", '"none"')
    finally:
        bucket.delete(key)
    if told != (True, False, False):
        raise StoreError(
            f"{bucket.url} does not honour conditional writes (If-None-Match, If-Match), so runs would overwrite "
            "each other: use a store that does, such as MinIO, SeaweedFS or AWS"
        )


def clock(house: House) -> str:
    """Our clock goes as the store's does."""
    off = house.now() - told_by(house.store)
    if abs(off) > CLOCKS:
        way = "ahead of" if off > timedelta() else "behind"
        raise NewsroomError(
            f"this machine's clock is {abs(off).total_seconds():.0f} s {way} the store's: set it, or let NTP do so"
        )
    still = house.settings.now
    return f"stands still at {still:%Y-%m-%d %H:%M} (NEWSROOM_NOW)" if still else "goes as the store's does"


def told_by(bucket: Store) -> datetime:
    """The time by the store: of a file that it writes, or the Date of its answer, whatever that says."""
    if isinstance(bucket, FolderStore):
        key = f"work/doctor/{secrets.token_hex(8)}"
        bucket.put(key, b"")
        try:
            return datetime.fromtimestamp(bucket.path(key).stat().st_mtime, UTC)
        finally:
            bucket.delete(key)
    request = urllib.request.Request(bucket.table("documents")[1]["AWS_ENDPOINT_URL"], method="HEAD")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the URL is the user's
            said = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        said = error.headers["Date"]
    if not said:
        raise NewsroomError(f"{bucket.url} tells no time, so clocks cannot be compared: see that NTP runs here")
    return parsedate_to_datetime(said)


def disk(house: House) -> str:
    """Room is left where we write."""
    places = [STATE, Path(tempfile.gettempdir())]
    if isinstance(house.store, FolderStore):
        places.append(house.store.root)
    free = {path: shutil.disk_usage(existing(path)).free for path in places}
    low = [f"{path} ({size / GIGABYTE:.1f} GB free)" for path, size in free.items() if size < LEAST_FREE]
    if low:
        raise NewsroomError(f"nearly full: {', '.join(low)}: free some, or move it to another disk")
    return f"{min(free.values()) / GIGABYTE:.0f} GB free or more where we write"


def existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def sources(house: House) -> str:
    """The sources file can be read and is right."""
    declared = load(*house.settings.sources)
    if declared.errors:
        raise NewsroomError(f"{'; '.join(declared.errors)}: runs leave these sources out: correct the file")
    return f"{len(declared.sources)} declared"


def contact(house: House) -> str:
    """Publishers can write to us: else they are not asked."""
    if house.settings.contact:
        return f"publishers are told {house.settings.contact}"
    every = load(*house.settings.sources).sources
    unasked = [
        s.name
        for s in every
        if not s.is_archive and not s.url.startswith("file:") and urlsplit(s.url).netloc not in s.allow_hosts
    ]
    if unasked:
        raise NewsroomError(
            f"NEWSROOM_CONTACT is not set, so {len(unasked)} of {len(every)} sources are not asked: "
            "set it to an address or page where publishers can write to you"
        )
    return "not set, and no source needs it"


def models(house: House) -> str:
    """What cleaning and the steps load is installed."""
    if found := list(missing(Parser(house.settings.model))):
        raise NewsroomError("; ".join(found))
    return f"{house.settings.model} and those that libraries carry are installed"


def airflow(house: House) -> str:
    """Airflow answers, is healthy, has our pools, and could read our DAGs."""
    if not house.settings.airflow:
        return "not looked at: NEWSROOM_AIRFLOW names none"
    parts = urlsplit(house.settings.airflow)
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    try:
        token = rest.token(url, login)
        answers = {
            what: rest.call("GET", f"{url}/api/v2/{what}", token=token)
            for what in ("monitor/health", "pools", "importErrors")
        }
    except (OSError, ValueError, KeyError) as error:
        mend = "start it (`make run` does), or correct NEWSROOM_AIRFLOW"
        raise NewsroomError(f"no answer from {shown(house.settings.airflow)} ({error}): {mend}") from None
    if wrong := list(ailments(answers)):
        raise NewsroomError("; ".join(wrong))
    return f"{url} is healthy, has our pools, and read the DAGs"


def ailments(answers: dict[str, Any]) -> Iterator[str]:
    """What is wrong by Airflow's answers, by path."""
    for part in PARTS:
        state = answers["monitor/health"].get(part, {}).get("status")
        if state != "healthy":
            yield f"{part} is {state or 'not running'}: start it, and see its log"
    for pool in sorted(set(rest.POOLS) - {pool["name"] for pool in answers["pools"]["pools"]}):
        yield f"pool {pool} is missing, so its tasks never start: airflow pools set {pool} {rest.POOLS[pool]} Newsroom"
    for error in answers["importErrors"]["import_errors"]:
        last = (error["stack_trace"].strip().splitlines() or ["?"])[-1]
        yield f"{error['filename']} cannot be read: {last}: correct it"


CHECKS: dict[str, Callable[[House], str]] = {
    "store": store,
    "clock": clock,
    "disk": disk,
    "sources": sources,
    "contact": contact,
    "models": models,
    "airflow": airflow,
}
"""What is looked at, in this order."""
