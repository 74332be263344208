"""A year of the demo newspapers as WARC, a file a day: an archive to backfill, made from the articles of seeds/demo."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from msgspec.structs import replace

from pipeline import captures
from pipeline.local.demo_site import Article, Edition, Outlet, outlets
from pipeline.model import Exchange

NAME = "demo-archive"
LAST = date(2026, 10, 31)
DAYS = 365
FIRST = LAST - timedelta(days=DAYS - 1)
BASE = "https://{folder}.demo.example"
AGAIN = (timedelta(days=1), timedelta(days=9))
"""When a page is captured again; between these it may have been altered."""


def build(folder: Path) -> str:
    """Writes the files that are not there; answers the table that declares the archive."""
    for day in days():
        path = folder / f"{day:%Y/%m}" / f"demo-{day:%Y%m%d}.warc.gz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            written = captures.write(((None, (one,)) for one in of_day(day)), key=path.name, now=at(day))
            path.with_suffix(".part").write_bytes(written.warc)
            path.with_suffix(".part").replace(path)
    place = f"file://{folder.absolute()}/{{yyyy}}/{{mm}}/demo-{{yyyy}}{{mm}}{{dd}}.warc.gz"
    return f'[[source]]\nname = "{NAME}"\nkind = "warc"\nurl = "{place}"\nfrom = "{FIRST}"\nto = "{LAST}"\n'


def days() -> Iterator[date]:
    return (FIRST + timedelta(days=number) for number in range(DAYS))


def at(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=UTC)


def of_day(day: date) -> Iterator[Exchange]:
    """What was captured on a day: its news, and older pages once more."""
    for ago in (timedelta(0), *AGAIN):
        born = day - ago
        if born >= FIRST:
            for number, (outlet, article) in enumerate(born_on(born)):
                yield capture(outlet, article, at(day) + timedelta(minutes=number + 20 * bool(ago)))


def born_on(day: date) -> Iterator[tuple[Outlet, Article]]:
    """An article of each newspaper, moved to this day."""
    for outlet in outlets():
        article = outlet.articles[(day - FIRST).days % len(outlet.articles)]
        moved = at(day) - article.published
        change = tuple(replace(one, at=one.at + moved) for one in article.change)
        gone = article.gone_at + moved if article.gone_at else None
        made = replace(article, slug=f"{article.slug}-{day:%j}", published=at(day), change=change, gone_at=gone)
        yield outlet, replace(made, path=None, offered=None, fill=0)


def capture(outlet: Outlet, article: Article, now: datetime) -> Exchange:
    """The page as it stood: its altered state where it is looked at again."""
    base, path = BASE.format(folder=outlet.folder), outlet.address(article)
    came = Edition(replace(outlet, articles=(article,)), now, base).respond(path)
    headers = tuple(came.headers.items())
    return Exchange(
        url=base + path, at=now, request_headers=(), status=came.status, reason="", headers=headers, payload=came.body
    )
