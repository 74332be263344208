"""Keys of the index: what players of archives look up."""

import pytest

from pipeline.cdxj import surt


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.News.Tern.example:8443/A?b=1", "example,tern,news:8443)/a?b=1"),
        ("http://tern.example", "example,tern)/"),
        ("http://tern.example:80/", "example,tern)/"),
        ("https://www2.tern.example/a?z=1&b=2", "example,tern)/a?b=2&z=1"),
        ("http://127.0.0.1:8600/a", "127.0.0.1:8600)/a"),
        ("http://[2606:4700::1111]/a", "2606:4700::1111)/a"),
        ("https://tern.example/a b", "example,tern)/a%20b"),
        ("urn:newsroom:tern:12ab", "urn:newsroom:tern:12ab"),
    ],
)
def test_cdxj_turns_hosts_round(url: str, key: str) -> None:
    assert surt(url) == key
