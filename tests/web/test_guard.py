"""What may be asked: tables of addresses in every form, and a connector that records and lets nothing out."""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Refused
from pipeline.web import guard
from pipeline.web.client import Client, Limits

PRIVATE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "10.0.0.8", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0xa9fea9fe", "0", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.1", "240.0.0.1",
    "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::10.0.0.8]", "[2002:7f00:1::]", "[2001::1]",
    "[::ffff:0:127.0.0.1]", "[fe80::1%25eth0]",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "[2606:4700::1111]", "tern.example", "1.1.1.1", "xn--zrich-kva.example", "[::ffff:8.8.8.8]"]


@pytest.mark.parametrize("host", PRIVATE)
def test_guard_refuses_private_addresses_in_any_form(host: str) -> None:
    with pytest.raises(Refused, match=r"refused address|no URL"):
        guard.target(f"http://{host}/", ())


@pytest.mark.parametrize("host", PUBLIC)
def test_guard_lets_public_ones_through(host: str) -> None:
    assert guard.target(f"https://{host}/a?b#c", ()).url == f"https://{host}/a?b"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://tern.example/", "refused scheme: ftp"),
        ("file:///etc/passwd", "refused scheme: file"),
        ("gopher://tern.example/", "refused scheme: gopher"),
        ("//tern.example/", "refused scheme: none"),
        ("tern.example", "refused scheme: none"),
        ("http://tern.example:22/", "refused port: 22"),
        ("http://tern.example:6379/", "refused port: 6379"),
        ("http://", "no URL: http://"),
        ("http://[::1/", "no URL: http://[::1/"),
        ("http://tern.example:port/", "no URL: http://tern.example:port/"),
        ("http://a b/", "no URL: http://a b/"),
        ("http://99999999999/", "refused address: 99999999999"),
    ],
)
def test_guard_says_what_it_refuses(url: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        guard.target(url, ())
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("allowed", "url", "through"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/", True),
        ("127.0.0.1:8000", "http://127.0.0.1:8001/", False),
        ("127.0.0.1:8000", "http://127.0.0.2:8000/", False),
        ("127.0.0.1", "http://127.0.0.1/", True),
        ("127.0.0.1", "http://127.0.0.1:8000/", False),
        ("localhost:8000", "http://127.0.0.1:8000/", False),
        ("[::1]:8000", "http://[::1]:8000/", True),
    ],
)
def test_guard_an_allowance_is_for_one_host_and_port(allowed: str, url: str, through: bool) -> None:
    if through:
        assert guard.target(url, [allowed]).allowed
    else:
        with pytest.raises(Refused):
            guard.target(url, [allowed])


def test_guard_a_user_in_a_url_goes_nowhere() -> None:
    assert guard.target("https://user:secret@tern.example/a", ()).url == "https://tern.example/a"


@given(st.ip_addresses(v=4))
def test_guard_reads_numbers_as_the_system_does(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for form in (str(number), hex(number), f"0{number:o}", f"{number >> 24}.{number & 0xFFFFFF}"):
        assert guard.from_numbers(form) == address


@given(st.text(max_size=40))
def test_guard_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://{text}:80/{text}"):
        try:
            found = guard.target(url, ())
        except Refused:
            continue
        assert found.url.startswith("http")


class Recorder:
    """Stands where sockets are made: notes each address, and makes none but for loopback."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, info: Any) -> socket.socket:
        family, kind, proto, _, address = info
        self.seen.append(address[0])
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise OSError("the recorder lets nothing out")
        return socket.socket(family, kind, proto)


def ask(url: str, names: dict[str, list[str]], **options: Any) -> tuple[str | None, list[str]]:
    """The reason that a request fails for, and the addresses that would have been connected to."""
    recorder = Recorder()

    async def resolve(host: str, port: int) -> list[str]:
        return names[host]

    async def get() -> Any:
        limits = Limits(tries=1, pause=0)
        async with Client("desk@paper.example", limits=limits, resolve=resolve, sockets=recorder) as client:
            return await client.get(url, **options)

    answer = asyncio.run(get())
    return answer.error and answer.error.reason, recorder.seen


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "fd00::1"])
def test_guard_a_name_of_a_private_address_is_connected_to_by_nobody(address: str) -> None:
    reason, seen = ask("https://tern.example/a", {"tern.example": [address]})
    assert (reason, seen) == (f"refused address: tern.example is {address}", [])


def test_guard_one_private_address_among_public_ones_is_enough() -> None:
    reason, seen = ask("https://tern.example/a", {"tern.example": ["8.8.8.8", "127.0.0.1"]})
    assert (reason, seen) == ("refused address: tern.example is 127.0.0.1", [])


def test_guard_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that changes its address after the check is not asked again."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])
    recorder = Recorder()

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    async def get() -> Any:
        async with Client("d@p.example", limits=Limits(tries=1, pause=0), resolve=resolve, sockets=recorder) as client:
            return await client.get("http://tern.example/a")

    asyncio.run(get())
    assert recorder.seen == ["8.8.8.8"]


def test_guard_a_literal_is_refused_before_any_connection() -> None:
    assert ask("http://2130706433/", {}) == ("refused address: 2130706433", [])
