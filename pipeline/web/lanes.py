"""One lane per host: one request at a time, with a pause after each; and no more in all than a limit."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf


@dataclass
class Lane:
    """A host's turn-taking; times are the event loop's, in seconds."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: float = -inf
    rests_until: float = -inf


class Lanes:
    """The lanes of all hosts."""

    def __init__(self, at_once: int) -> None:
        self.slots = asyncio.Semaphore(at_once)
        self.lanes: defaultdict[str, Lane] = defaultdict(Lane)

    @asynccontextmanager
    async def turn(self, host: str, pause: float) -> AsyncIterator[None]:
        """The time in which one request may be out: `pause` seconds after the one before it, and after any rest.

        Who waits for a host takes no slot from the others.
        """
        lane, clock = self.lanes[host], asyncio.get_running_loop().time
        async with lane.lock:
            await asyncio.sleep(max(0, lane.ended + pause - clock(), lane.rests_until - clock()))
            async with self.slots:
                try:
                    yield
                finally:
                    lane.ended = clock()

    def rest(self, host: str, seconds: float) -> None:
        """Lets a host that is in trouble alone for a while; nobody's turn comes earlier."""
        lane = self.lanes[host]
        lane.rests_until = max(lane.rests_until, asyncio.get_running_loop().time() + seconds)
