"""What may be asked, by its URL alone."""

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EntryError, Refused
from pipeline.web import guard


@pytest.mark.parametrize(
    ("allowed", "url", "through"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/", True),
        ("127.0.0.1:8000", "http://127.0.0.1:8001/", False),
        ("127.0.0.1:8000", "http://127.0.0.1/", False),
        ("127.0.0.1:8000", "http://127.0.0.2:8000/", False),
        ("127.0.0.1:8000", "http://2130706433:8000/", False),
        ("127.0.0.1", "http://127.0.0.1/", True),
        ("127.0.0.1", "https://127.0.0.1/", True),
        ("127.0.0.1", "http://127.0.0.1:8000/", False),
        ("127.0.0.1:443", "https://127.0.0.1/", True),
        ("127.0.0.1:443", "http://127.0.0.1/", False),
        ("localhost:8000", "http://127.0.0.1:8000/", False),
        ("localhost:8000", "http://LOCALHOST:8000/", True),
        ("localhost:8000", "http://localhost.tern.example:8000/", False),
        ("[::1]:8000", "http://[::1]:8000/", True),
        ("", "http://127.0.0.1/", False),
    ],
)
def test_guard_an_allowance_is_for_one_host_and_port(allowed: str, url: str, through: bool) -> None:
    if through:
        assert guard.checked(url, [allowed]).allowed
    else:
        with pytest.raises(Refused):
            guard.checked(url, [allowed])


@given(st.ip_addresses(v=4))
def test_guard_an_address_in_a_form_of_one_number_is_never_let_through(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for form in (str(number), hex(number), f"0{number:o}", f"{number >> 24}.{number & 0xFFFFFF}"):
        with pytest.raises(Refused):
            guard.checked(f"http://{form}/", ())


@given(st.ip_addresses())
def test_guard_what_python_calls_private_is_not_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not guard.is_public(str(address))


@given(st.text(max_size=40))
def test_guard_any_text_is_a_target_or_an_error(text: str) -> None:
    for url in (text, f"http://{text}", f"http://{text}:80/{text}", f"https://tern.example/{text}"):
        with suppress(EntryError):
            assert guard.checked(url, ()).url.scheme in ("http", "https")


@pytest.mark.parametrize(
    ("url", "allowed", "is_loopback"),
    [
        ("http://127.0.0.1:8000/", "127.0.0.1:8000", True),
        ("http://[::1]:8000/", "[::1]:8000", True),
        ("http://localhost:8000/", "localhost:8000", True),
        ("http://cms.tern.example:8080/", "cms.tern.example:8080", False),
        ("http://10.0.0.8:8080/", "10.0.0.8:8080", False),
        ("http://8.8.8.8/", "", False),
    ],
)
def test_guard_knows_this_machine_from_others(url: str, allowed: str, is_loopback: bool) -> None:
    assert guard.checked(url, [allowed]).is_loopback is is_loopback
