"""What every stage works with, and how an error becomes the outcome of an entry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from pipeline.config import Settings
from pipeline.errors import EntryError, Rejected, Retryable, Skipped
from pipeline.model import Source, Taken
from pipeline.parse import Parser
from pipeline.polls import PASTED
from pipeline.queue import try_again_at
from pipeline.sources.declared import load
from pipeline.store import Store
from pipeline.veil import Veil

NO_CONTACT = "NEWSROOM_CONTACT is not set"
"""Publishers are asked only by someone whom they can write to."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A store, the declared sources by name, the clock to go by, and what may be used on the way."""

    store: Store
    sources: Mapping[str, Source]
    broken: tuple[str, ...]
    """What is wrong in the sources file: these sources are left out of every run."""
    contact: str | None
    clock: Callable[[], datetime]
    fixed: bool
    """Whether the clock stands still: then all that is written depends on input alone."""
    parser: Parser
    login: Callable[[str], str | None]
    looks: tuple[timedelta, ...] = ()
    """When pages are looked at again, from when they were first seen."""

    def source(self, name: str) -> Source:
        """A declared source; a bare one for pasted URLs and for what is no longer declared."""
        return self.sources.get(name) or Source(name=name, url="", kind="urls")

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of all queues: pasted pages are looked at again, and what of them was put off comes up, as others."""
        return (*self.polled, PASTED)

    @property
    def polled(self) -> tuple[str, ...]:
        """Names of all sources but the archives."""
        return tuple(name for name, source in self.sources.items() if not source.is_archive)

    def looks_at(self, source: Source) -> tuple[timedelta, ...]:
        """When pages of a source are looked at again; never where the feed itself carries the articles."""
        return () if source.full_text else self.looks

    def allowed_hosts(self, source: Source, url: str) -> frozenset[str]:
        """Hosts that the guard lets through for an entry: those of its source.

        A pasted URL on the host of a declared source is as trusted as that source.
        """
        if source.name != PASTED:
            return frozenset(source.allow_hosts)
        host = urlsplit(url).netloc
        return frozenset(host for declared in self.sources.values() if host in declared.allow_hosts)

    def login_for(self, source: Source) -> tuple[str, str] | None:
        """The secret of a source, with the URL whose site alone may get it: a feed may link to anywhere."""
        secret = self.login(source.auth) if source.auth else None
        return (source.url, secret) if secret else None

    def veil(self, source: Source) -> Veil:
        """What keeps the secrets of a source out of the bucket."""
        return Veil(source.url, self.login(source.auth) if source.auth else None)

    def may_ask(self, source: Source, url: str) -> bool:
        """Whether this URL may be fetched at all: publishers want to know who asks."""
        parts = urlsplit(url)
        local = parts.scheme == "file" or parts.netloc in self.allowed_hosts(source, url)
        return local or self.contact is not None


def open_desk(settings: Settings, store: Store, paths: Iterable[Path] = (), now: datetime | None = None) -> Desk:
    """The desk of these settings; `paths` and `now` go before theirs."""
    declared = load(*(tuple(paths) or settings.sources))
    now = now or settings.now
    return Desk(
        store=store,
        sources={source.name: source for source in declared.sources},
        broken=declared.errors,
        contact=settings.contact,
        clock=(lambda: now) if now else lambda: datetime.now(UTC),
        fixed=now is not None,
        parser=Parser(settings.model),
        login=settings.login,
        looks=settings.revisits,
    )


def ended(taken: Taken, error: EntryError, stage: str, now: datetime) -> Taken:
    """The entry with the outcome that an error gives it; what is worth another try stays pending."""
    verdict = "rejected" if isinstance(error, Rejected) else "skipped" if isinstance(error, Skipped) else "failed"
    again_at = try_again_at(now, taken.tries, error.not_before) if isinstance(error, Retryable) else None
    return replace(taken, outcome=verdict, stage=stage, reason=error.reason, again_at=again_at)


def put_off(taken: Taken, reason: str, stage: str, now: datetime) -> Taken:
    """The entry stays pending and comes up again in the next run."""
    return replace(taken, outcome="skipped", stage=stage, reason=reason, again_at=now)
