"""Which URLs and addresses may be asked: nothing on this machine, in its network, or beside it in a cloud."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from pipeline.errors import Refused, Retryable

PORTS = {"http": 80, "https": 443}
USUAL_PORTS = frozenset({80, 443, 8080, 8443})
"""Where publishers serve pages; other ports belong to other services."""

NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)
"""A host that a resolver takes for an IPv4 address, in decimal, octal or hex (inet_aton)."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")
EMBEDDING = (ipaddress.ip_network("::/96"), NAT64, ipaddress.ip_network("::ffff:0:0:0/96"))
"""IPv6 networks whose last four bytes are an IPv4 address (RFC 4291, 6052, 2765)."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Target(NamedTuple):
    """Where a request goes: the URL without user and fragment, and the addresses that were checked."""

    url: str
    host: str
    port: int
    allowed: bool
    """Whether its source lets this host and port through, whatever the address."""


def target(url: str, allow_hosts: Collection[str]) -> Target:
    """The target of a URL; raises `Refused` for what is not to be asked, whatever its name resolves to."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(f"no URL: {url[:200]}") from None
    if parts.scheme not in PORTS:
        raise Refused(f"refused scheme: {parts.scheme or 'none'}")
    if not host or any(c.isspace() or ord(c) < 33 for c in parts.netloc):
        raise Refused(f"no URL: {url[:200]}")
    port = port or PORTS[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    allowed = f"{name}:{port}" in allow_hosts or (port == PORTS[parts.scheme] and name in allow_hosts)
    if not allowed and port not in USUAL_PORTS:
        raise Refused(f"refused port: {port}")
    if not allowed:
        refuse_literal(host)
    return Target(bare(parts, name, port), host, port, allowed)


def bare(parts: SplitResult, name: str, port: int) -> str:
    """The URL without user, password and fragment."""
    netloc = name if port == PORTS[parts.scheme] else f"{name}:{port}"
    return parts._replace(netloc=netloc, fragment="").geturl()


def refuse_literal(host: str) -> None:
    """Raises `Refused` for an address written into the URL, in any form, that is not of the public internet."""
    try:
        found: Address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if not NUMBER.fullmatch(host):
            return
        numeric = from_numbers(host)
        if numeric is None:
            raise Refused(f"refused address: {host}") from None
        found = numeric
    if not is_public(found):
        raise Refused(f"refused address: {host}")


def from_numbers(host: str) -> ipaddress.IPv4Address | None:
    """An IPv4 address as inet_aton reads it; None where the numbers are too large."""
    try:
        *firsts, last = [number(part) for part in host.rstrip(".").split(".")]
    except ValueError:
        return None
    if any(part > 255 for part in firsts) or last >= 256 ** (4 - len(firsts)):
        return None
    return ipaddress.IPv4Address(sum(part << (24 - 8 * n) for n, part in enumerate(firsts)) + last)


def number(part: str) -> int:
    if part.lower().startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and part != "0" else int(part)


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet; one inside another counts as that one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo:
            return False
        if inner is None and any(address in network for network in EMBEDDING):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def addresses(to: Target, resolve: Resolve) -> list[str]:
    """What the name resolves to, all of it checked; raises `Refused` where one address is not public."""
    try:
        found = await resolve(to.host, to.port)
    except (OSError, UnicodeError) as error:
        raise Retryable(f"host not found: {to.host}") from error
    if not found:
        raise Retryable(f"host not found: {to.host}")
    for one in found:
        if not to.allowed and not is_public(ipaddress.ip_address(one.partition("%")[0])):
            raise Refused(f"refused address: {to.host} is {one}")
    return found
