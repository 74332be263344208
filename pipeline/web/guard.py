"""Lets requests out to public addresses alone, save for what a source's own `allow_hosts` names."""

import re
import socket
from collections.abc import Collection
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipeline.web import LONGEST_URL, because

PORTS = {"http": 80, "https": 443}
"""Other ports belong to services rather than to publishers, 8080 too: a source that needs one names it."""

NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            # IANA IPv4 Special-Purpose Address Registry
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a carrier's NAT; one cloud's metadata
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; one cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "168.63.129.16/32",  # Azure's host, from inside
            # IANA IPv6 Special-Purpose Address Registry, inside of PUBLIC_V6
            "2001::/23",  # Teredo and other ways to write an IPv4 address
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)

PUBLIC_V6 = ip_network("2000::/3")
"""All that is given to networks; loopback, mapped IPv4, NAT64, unique local, link-local and multicast lie outside."""


class Target(NamedTuple):
    """A URL that may be asked; `allowed` where its source names the host, so that no address is refused."""

    url: URL
    allowed: bool

    @property
    def is_loopback(self) -> bool:
        host = self.url.raw_host or ""
        return host == "localhost" or (looks_like_address(host) and ip_address(host).is_loopback)


def checked(url: str, allow_hosts: Collection[str]) -> Target:
    """The URL without its fragment; raises `Refused`, or `Failed` for what is no URL.

    `allow_hosts` has `host:port`, or a bare host for the scheme's own port.
    """
    parsed = parse(url)
    if parsed.scheme not in PORTS:
        raise because("refused scheme", parsed.scheme[:20] or "none")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise because("refused login in URL")
    host = (parsed.raw_host or "").rstrip(".")
    if not host or not parsed.port:
        raise because("bad URL")
    if is_allowed(parsed, host, allow_hosts):
        return Target(parsed, allowed=True)
    if parsed.port != PORTS[parsed.scheme]:
        raise because("refused port", parsed.port)
    if looks_like_address(host) and not is_public(host):
        raise because("refused address", host)
    return Target(parsed, allowed=False)


def parse(url: str) -> URL:
    try:
        if len(url) > LONGEST_URL:
            raise because("bad URL", "too long")
        return URL(url.strip()).with_fragment(None)
    except ValueError:
        raise because("bad URL") from None


def is_allowed(url: URL, host: str, allow_hosts: Collection[str]) -> bool:
    name = f"[{host}]" if ":" in host else host
    names = {f"{name}:{url.port}"} | ({name} if url.port == PORTS[url.scheme] else set())
    return any(one.lower() in names for one in allow_hosts)


def looks_like_address(host: str) -> bool:
    """Whether a host is an address in any of its forms: `10.0.0.8`, `0xa000008`, `012.8`, `2130706433`, `::1`.

    The URL standard's rule: it ends in a number. No top-level domain does.
    """
    return ":" in host or bool(re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", host.rpartition(".")[2]))


def is_public(address: str) -> bool:
    """Whether an address in its one canonical form is reached over the open internet; False for every other form."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return (found in PUBLIC_V6 or found.version == 4) and not any(found in network for network in NOT_PUBLIC)


class GuardedResolver(AbstractResolver):
    """Gives the connector checked addresses only, so that what is connected to is what was checked.

    Addresses that are not public are left out; a host that has no others is `Refused`.
    """

    def __init__(self, resolver: AbstractResolver) -> None:
        self.resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self.resolver.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not found:
            raise OSError(f"{host} has no address")
        if not public:
            raise because("refused address", found[0]["host"])
        return public

    async def close(self) -> None:
        await self.resolver.close()
