"""One lane per host: its requests go one after the other, with a pause between them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lanes:
    """The lanes of a client; at most `most` requests are under way over all hosts."""

    def __init__(self, most: int) -> None:
        self.room = asyncio.Semaphore(most)
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.free_at: dict[str, float] = {}

    @asynccontextmanager
    async def enter(self, host: str, pause: float) -> AsyncIterator[None]:
        """The lane of a host, once it is free and `pause` seconds after its last request ended."""
        now = asyncio.get_running_loop().time
        async with self.locks[host]:
            await asyncio.sleep(max(0.0, self.free_at.get(host, 0.0) + pause - now()))
            async with self.room:
                try:
                    yield
                finally:
                    self.free_at[host] = now()
