"""The only reader of the environment: every setting, with what it is for and what holds where it is not given."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pipeline.errors import UsageError
from pipeline.parse import DEFAULT_MODEL
from pipeline.polls import seconds
from pipeline.seeds import SEEDS

ROOT = SEEDS.parent
STATE = ROOT / "var"
"""Where `make run` keeps everything."""

REMEMBERED = STATE / "run.env"
"""What `make run` uses, so that a plain command in another terminal finds the same store; its owner alone reads it."""


REVISITS = "1h,6h,24h,3d"


class Setting(NamedTuple):
    """A row of docs/configuration.md."""

    name: str
    default: str
    what: str


SETTINGS = (
    Setting(
        "NEWSROOM_STORE",
        "what `make run` uses, else the folder var/store",
        "Where documents land: `file:///path` or `s3://bucket/prefix`. Endpoint and credentials of S3 come from the "
        "usual `AWS_…` variables (`AWS_ENDPOINT_URL` for MinIO), in Airflow from the connection `newsroom_store`.",
    ),
    Setting(
        "NEWSROOM_SOURCES",
        "what `make run` uses, else seeds/sources.toml",
        "The sources file; several are separated by `:`.",
    ),
    Setting(
        "NEWSROOM_CONTACT",
        "none: publishers are not asked",
        "An address or page where a publisher can write to you. It stands in every request.",
    ),
    Setting(
        "NEWSROOM_NOW", "the clock of the machine", "The time to go by, such as `2026-11-22T10:15:00Z`: for demos."
    ),
    Setting(
        "NEWSROOM_BROWSE",
        "the folder, or the console of AWS",
        "Address of a page that shows what lies in the store, with `{key}` where the key goes: for links.",
    ),
    Setting(
        "NEWSROOM_REVISITS",
        REVISITS,
        "When pages are looked at again, from when they were first seen, such as `30m,2h,1d`; `never` for not at all. "
        "See [revisits.md](revisits.md).",
    ),
    Setting(
        "NEWSROOM_AIRFLOW",
        "what `make run` uses",
        "Address of Airflow's API server, for `newsroom doctor`; where it wants a login: `http://user:password@host:port`.",
    ),
    Setting("NEWSROOM_SPACY_MODEL", DEFAULT_MODEL, "The installed spaCy model that parses English text."),
)


@dataclass(frozen=True)
class Settings:
    """The settings of this process."""

    store: str
    sources: tuple[Path, ...]
    contact: str | None
    now: datetime | None
    model: str
    airflow: str | None
    revisits: tuple[timedelta, ...]
    browser: str | None
    environ: Mapping[str, str]

    def browse(self, store: str, key: str) -> str:
        """Address of a page that shows a key, or what begins with it."""
        if self.browser:
            return self.browser.replace("{key}", quote(key, safe="/="))
        if store.startswith("file:"):
            return f"{store}/{key}"
        bucket, _, prefix = store.removeprefix("s3://").partition("/")
        return f"https://console.aws.amazon.com/s3/buckets/{bucket}?prefix={quote(prefix and prefix + '/')}{quote(key)}"

    def login(self, name: str) -> str | None:
        """The secret that a source's `auth` names: `user:password`, or a bearer token."""
        return self.environ.get(name)


@cache
def settings() -> Settings:
    """What the environment says, then what `make run` remembered, then the defaults."""
    return read({**remembered(REMEMBERED), **os.environ})


def read(environ: Mapping[str, str]) -> Settings:
    """The settings of an environment; an empty value is none."""
    given = {name: environ[name] for name, *_ in SETTINGS if environ.get(name)}
    paths = given.get("NEWSROOM_SOURCES", str(SEEDS / "sources.toml")).split(os.pathsep)
    return Settings(
        store=given.get("NEWSROOM_STORE", (STATE / "store").as_uri()),
        sources=tuple(map(Path, paths)),
        contact=given.get("NEWSROOM_CONTACT"),
        now=moment(given["NEWSROOM_NOW"]) if "NEWSROOM_NOW" in given else None,
        model=given.get("NEWSROOM_SPACY_MODEL", DEFAULT_MODEL),
        revisits=revisits(given.get("NEWSROOM_REVISITS", REVISITS)),
        airflow=given.get("NEWSROOM_AIRFLOW"),
        browser=given.get("NEWSROOM_BROWSE"),
        environ=environ,
    )


def revisits(text: str) -> tuple[timedelta, ...]:
    """Times after the first sight, in their order; none for `never` and `0`."""
    if text.strip() in ("never", "0"):
        return ()
    try:
        return tuple(sorted(timedelta(seconds=seconds(each.strip())) for each in text.split(",")))
    except ValueError as error:
        raise UsageError(f"NEWSROOM_REVISITS: {error}") from None


def remembered(path: Path) -> dict[str, str]:
    """Lines `NAME=value` of a file; nothing where there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def moment(text: str) -> datetime:
    """A time as people write it; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"not a time such as 2026-11-22T10:15:00Z: {text!r}") from None
