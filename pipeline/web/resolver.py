"""Names into addresses: the system finds them, the guard checks them, and connections get those alone."""

import asyncio
import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult


class Checked(AbstractResolver):
    """Gives connections the addresses that were checked, and no others."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], list[str]] = {}

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.known[host, port]
        ]

    async def close(self) -> None:
        self.known.clear()


async def by_system(host: str, port: int) -> list[str]:
    """The addresses of a name as the system resolves it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
