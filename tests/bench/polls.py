"""What a feed with nothing new costs beyond the request: one that answers 304, and one that says the same."""

import asyncio
import gc
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from pipeline import ledger
from pipeline import polls as states
from pipeline.config import read
from pipeline.ledger import Run
from pipeline.local.demo_site import moments, respond
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.discover import discover
from pipeline.store.folder import FolderStore
from pipeline.web.client import Client

SOURCES = 200
NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def polls() -> dict[str, Any]:
    """CPU ms for a source; the site runs in a process of its own."""
    found: dict[str, Any] = {}
    for kind in ("304", "the same bytes"):
        with tempfile.TemporaryDirectory() as folder, site(kind == "304") as host:
            found |= {f"{kind}: {what}": value for what, value in of_kind(Path(folder), host).items()}
    return found


def of_kind(folder: Path, host: str) -> dict[str, float]:
    declared = folder / "sources.toml"
    declared.write_text("".join(source(n, host) for n in range(SOURCES)))
    store = FolderStore((folder / "store").as_uri())
    store.check()
    desk = open_desk(read({}), store, [declared], NOW)
    poll(desk, NOW)
    later = open_desk(read({}), store, [declared], NOW + timedelta(hours=9))
    bare(later)
    whole = spent(lambda: poll(later, NOW + timedelta(hours=9)))
    alone = spent(lambda: bare(later))
    names = {states.read(store, name).last_poll.status for name in later.sources}  # type: ignore[union-attr]
    assert len(names) == 1, names
    return {
        "poll": round(whole, 2),
        "request alone": round(alone, 2),
        "beyond the request": round(whole - alone, 2),
    }


def poll(desk: Desk, now: datetime) -> None:
    run = ledger.run_name(now)
    ledger.open_run(desk.store, Run(run=run, trigger="bench", started_at=now))
    discover(desk, run, desk.sources)
    ledger.close(desk.store, Run(run=run, trigger="bench", started_at=now, ended_at=now))


def bare(desk: Desk) -> None:
    """The same requests by the same client, and nothing made of the answers."""

    async def ask_all() -> None:
        async with Client(None, now=desk.clock) as client:
            held = [states.read(desk.store, name) for name in desk.sources]
            await asyncio.gather(
                *(client.get(url, allow_hosts=hosts, headers=asked) for url, hosts, asked in plan(held))
            )

    def plan(held: list[states.State]) -> list[tuple[str, tuple[str, ...], dict[str, str]]]:
        return [
            (s.url, s.allow_hosts, {"If-None-Match": state.etag} if state.etag else {})
            for s, state in zip(desk.sources.values(), held, strict=True)
        ]

    asyncio.run(ask_all())


def spent(call: Callable[[], None]) -> float:
    gc.collect()
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000 / SOURCES


def source(number: int, host: str) -> str:
    url = f"http://{host}/{number}.xml"
    return f'[[source]]\nname = "s{number}"\nurl = "{url}"\nper_host_delay = 0.0\nallow_hosts = ["{host}"]\n'


class site:  # noqa: N801 - used as a function
    """A feed of the demo under many addresses, by a process of its own."""

    def __init__(self, conditional: bool) -> None:
        self.conditional = conditional

    def __enter__(self) -> str:
        from multiprocessing import get_context

        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.conditional), daemon=True)
        self.process.start()
        return str(ours.recv())

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()


def serve(pipe: Any, conditional: bool) -> None:
    body = respond("/tern/feed.xml", moments()[0], "http://127.0.0.1:1").body
    headers = {"Content-Type": "application/rss+xml", **({"ETag": '"one"'} if conditional else {})}

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        known = request.headers.get("If-None-Match")
        return web.Response(status=304 if known else 200, body=None if known else body, headers=headers)

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(f"127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()

    asyncio.run(main())
