"""What is connected to: addresses in every form, and sockets that are recorded and let nothing out."""

import asyncio
import ipaddress
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import EntryError, Failed, Refused
from pipeline.web import guard
from pipeline.web.client import Client, Limits

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
HOSTS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "127.0.0.1..", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "127.0.0.01",
    "10.0.0.8", "012.0.0.8", "172.16.0.1", "172.31.255.255", "192.168.1.1", "3232235777", "100.64.0.1",
    "169.254.169.254", "0xa9fea9fe", "2852039166", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "0", "0.0.0.0", "224.0.0.1", "239.255.255.250", "255.255.255.255", "198.18.0.1", "192.0.2.1", "198.51.100.1",
    "203.0.113.1", "192.88.99.1", "240.0.0.1", "99999999999", "1.2.3.4.5", "1.2.3", "256.1.1.1", "x.0x",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "[fec0::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]", "[64:ff9b::10.0.0.8]",
    "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[::ffff:0:127.0.0.1]",
    "[100::1]", "[3fff::1]", "[5f00::1]",
]  # fmt: skip
"""Hosts that are addresses in some form, and not public or not in the one plain form."""

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e", "2001:4860::8"]


class Recorder:
    """Stands where sockets are made: notes each address, and makes none but for loopback."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, address = info
        self.seen.append(address[0])
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise ConnectionRefusedError(111, "the recorder lets nothing out")
        return socket.socket(family, kind, proto)


class Names(AbstractResolver):
    """Names with their addresses, or what their resolution raises: for each question the next, at last the last again.

    All other names are those of one private address.
    """

    def __init__(self, **names: list[list[str] | Exception]) -> None:
        self.names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = self.names.get(host.partition(".")[0], [["10.0.0.8"]])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return [
            ResolveResult(
                hostname=host, host=address, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            )
            for address in found
        ]  # fmt: skip

    async def close(self) -> None:
        self.names.clear()


def ask(*urls: str, names: AbstractResolver | None = None, allow_hosts: tuple[str, ...] = ()) -> tuple[Any, list[str]]:
    """The error of the last of these requests, and the addresses that would have been connected to."""
    recorder = Recorder()

    async def get() -> EntryError | None:
        limits = Limits(tries=1, delay=0)
        resolver = names or Names(tern=[["127.0.0.1"]])
        async with Client(None, now=lambda: NOW, limits=limits, resolver=resolver, open_socket=recorder) as client:
            for url in urls:
                answer = await client.get(url, allow_hosts=allow_hosts)
            return answer.error

    return asyncio.run(get()), recorder.seen


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_guard_connects_to_no_address_that_is_not_public(scheme: str, host: str) -> None:
    error, seen = ask(f"{scheme}://{host}/a")
    assert isinstance(error, Failed)
    assert error.reason.startswith(("refused address: ", "bad URL"))
    assert seen == []


@pytest.mark.parametrize("address", PUBLIC)
def test_guard_connects_to_public_addresses_and_the_recorder_sees_it(address: str) -> None:
    error, seen = ask(f"http://[{address}]/a" if ":" in address else f"http://{address}/a")
    assert error.reason == "robots.txt unreachable: host unreachable: Connection refused"
    assert set(seen) == {address}


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "fd00::1"])
@pytest.mark.parametrize("url", ["https://tern.example/a", "http://TERN.example./", "http://user.example/"])
def test_guard_a_name_of_a_private_address_is_connected_to_by_nobody(url: str, address: str) -> None:
    error, seen = ask(url, names=Names(tern=[[address]], user=[[address]]))
    assert (type(error), error.reason, seen) == (Refused, f"refused address: {address}", [])


def test_guard_of_several_addresses_only_the_public_ones_are_connected_to() -> None:
    _, seen = ask("http://tern.example/", names=Names(tern=[["10.0.0.8", "8.8.8.8", "::1", "2606:4700::1111"]]))
    assert set(seen) == {"8.8.8.8", "2606:4700::1111"}


def test_guard_a_name_that_changes_its_address_after_the_check_gains_nothing() -> None:
    """DNS rebinding: whatever is connected to was checked in the same answer of the name server."""
    _, seen = ask("http://tern.example/a", names=Names(tern=[["8.8.8.8"], ["127.0.0.1"]]))
    assert set(seen) == {"8.8.8.8"}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "host unknown"),
        ([], "host unknown"),
        (UnicodeError("label too long"), "bad URL"),
    ],
)
def test_guard_a_name_without_an_address_is_an_error_too(found: list[str] | Exception, reason: str) -> None:
    error, seen = ask("http://tern.example/", names=Names(tern=[found]))
    assert (error.reason.removeprefix("robots.txt unreachable: "), seen) == (reason, [])


@pytest.mark.parametrize(
    ("url", "kind", "reason"),
    [
        ("ftp://tern.example/", Refused, "refused scheme: ftp"),
        ("file:///etc/passwd", Refused, "refused scheme: file"),
        ("gopher://127.0.0.1:6379/_x", Refused, "refused scheme: gopher"),
        ("javascript:alert(1)", Refused, "refused scheme: javascript"),
        ("//tern.example/", Refused, "refused scheme: none"),
        ("tern.example", Refused, "refused scheme: none"),
        ("", Refused, "refused scheme: none"),
        ("http://tern.example:22/", Refused, "refused port: 22"),
        ("http://tern.example:8080/", Refused, "refused port: 8080"),
        ("http://tern.example:443/", Refused, "refused port: 443"),
        ("https://tern.example:80/", Refused, "refused port: 80"),
        ("http://desk:secret@tern.example/", Refused, "refused login in URL"),
        ("http://desk@tern.example/", Refused, "refused login in URL"),
        ("http://:secret@tern.example/", Refused, "refused login in URL"),
        ("http://tern.example@127.0.0.1/", Refused, "refused login in URL"),
        ("http://tern.example\\@127.0.0.1/", Failed, "bad URL"),
        ("http://", Failed, "bad URL"),
        ("http:/tern.example", Failed, "bad URL"),
        ("http://[::1/", Failed, "bad URL"),
        ("http://tern.example:port/", Failed, "bad URL"),
        ("http://tern.example:99999/", Failed, "bad URL"),
        ("http://tern.example:0/", Failed, "bad URL"),
        ("http://tern.example/" + "a" * 8000, Failed, "bad URL: too long"),
    ],
)
def test_guard_says_what_it_refuses(url: str, kind: type[EntryError], reason: str) -> None:
    error, seen = ask(url)
    assert (type(error), error.reason, seen) == (kind, reason, [])


def test_guard_a_connection_of_one_source_is_there_for_no_other() -> None:
    """The first may go to its own host by name; the second, with the same name, may not."""
    names = Names(tern=[["127.0.0.1"]])
    recorder = Recorder()

    async def get() -> list[Any]:
        limits = Limits(tries=1, delay=0)
        async with Client(None, now=lambda: NOW, limits=limits, resolver=names, open_socket=recorder) as client:
            allowed = await client.get("http://tern.example/", allow_hosts=["tern.example"])
            return [allowed.error, (await client.get("http://tern.example/b")).error]

    first, second = asyncio.run(get())
    assert not isinstance(first, Refused)
    assert isinstance(second, Failed)
    assert second.reason.startswith(("refused address: 127.0.0.1", "robots.txt unreachable"))
    assert len(set(recorder.seen)) <= 1


@given(st.text(max_size=30), st.text(alphabet="0123456789abcfx.:[]@%/#?\\", max_size=20))
@settings(max_examples=60, deadline=None)
def test_guard_whatever_is_asked_for_nothing_but_public_addresses_is_connected_to(text: str, odd: str) -> None:
    _, seen = ask(f"http://{text}", f"http://{odd}/", f"http://tern.example/{text}", f"//{odd}")
    assert all(guard.is_public(address) for address in seen)
