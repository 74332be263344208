"""Two URLs are one article, or not; two texts are one version, or not."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import seeds
from pipeline.identity import (
    article_id,
    article_url,
    capture_of,
    content_id,
    normalise,
    path_id,
    registrable,
    same_site,
    version_of,
)
from tests.shared import shared

ONE = "https://tern.example/2026/ferry-strike"


@pytest.mark.parametrize(
    "url",
    [
        "http://tern.example/2026/ferry-strike",
        "HTTPS://WWW.Tern.Example/2026/ferry-strike/",
        "//tern.example/2026/ferry-strike",
        "tern.example/2026/ferry-strike",
        " \n<https://tern.example/2026/ferry-strike>\t",
        "https://tern.example:443/2026/ferry-strike",
        "http://tern.example:80/2026/ferry-strike",
        "https://tern.example:/2026/ferry-strike",
        "https://tern.example./2026/ferry-strike",
        "https://reader:secret@tern.example/2026/ferry-strike",
        "https://tern.example/2026/ferry-strike#comments",
        "https://tern.example/2026/ferry-strike?utm_source=feed&UTM_Campaign=x&fbclid=1&amp;ref=rss",
        "https://tern.example/2026/ferry-strike?",
        "https://tern.example/2026/./harbour/../ferry%2Dstrike",
        "https://tern.example/2026/%66erry-strike",
        "https:\\\\tern.example\\2026\\ferry-strike",
        "http:/tern.example/2026/ferry-strike",
        "http://https://tern.example/2026/ferry-strike",
        "https://te\nrn.example/2026/ferry-strike",
        "https://t%65rn.example/2026/ferry-strike",
    ],
)
def test_identity_one_article_however_its_url_is_written(url: str) -> None:
    assert normalise(url) == normalise(ONE)
    assert article_id(url) == article_id(ONE)


@pytest.mark.parametrize(
    "url",
    [
        "https://tern.example/2026/Ferry-Strike",
        "https://tern.example/2026/ferry-strike?page=2",
        "https://tern.example:8080/2026/ferry-strike",
        "https://live.tern.example/2026/ferry-strike",
        "https://tern.example/2026/ferry%2Fstrike",
        "https://tern.example/2026//ferry-strike",
        "ftp://tern.example/2026/ferry-strike",
    ],
)
def test_identity_what_may_be_another_page_is_another(url: str) -> None:
    assert article_id(url) != article_id(ONE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://tern.example/a?b=2&a=1", "https://tern.example/a?a=1&b=2"),
        ("https://tern.example/a?q=two%20words", "https://tern.example/a?q=two+words"),
        ("https://tern.example/caf%c3%a9", "https://tern.example/café"),
        ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://tern.example", "http://www.tern.example/"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
    ],
)
def test_identity_the_same_address(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.tern.example/a/?b=1", "http://tern.example/a?b=1"),
        ("https://www.com/", "http://www.com/"),
        ("http://tern.example:99999/a", "http://tern.example:99999/a"),
        ("http://tern.example:port/a", "http://tern.example%3Aport/a"),
        ("http://[::1/a", "http://%5B:1/a"),
        ("http://ter n.example/a b", "http://ter%20n.example/a%20b"),
        ("http://tern.example/100%/%zz", "http://tern.example/100%25/%25zz"),
        ("http://☃.example/", "http://%E2%98%83.example/"),
        ("http://", "http://"),
        ("urn:uuid:1b4e", "urn:uuid:1b4e"),
        ("mailto:desk@tern.example", "mailto:desk@tern.example"),
        ("", ""),
    ],
)
def test_identity_odd_urls_have_a_form(url: str, expected: str) -> None:
    assert normalise(url) == expected


def test_identity_takes_very_long_urls() -> None:
    assert len(article_id("https://tern.example/" + "a/../%" * 200_000 + "?" + "&a=%" * 20_000)) == 20


# fmt: off
ODD = st.sampled_from([
    "http:", "https:", "//", "/", "\\", "www.", "tern.example", "[::1]", ":80", ":", "@", "?", "#", "&", "amp;", "=",
    "..", ".", "%", "%2", "%41", "%2F", "%C3%A9", "ß", "İ", "。", "\ud800", " ", "\t", "utm_x=1", "b=2", "a=1", "<",
])
# fmt: on
URLS = st.one_of(st.text(), st.lists(ODD, max_size=14).map("".join), st.lists(ODD | st.text(max_size=3)).map("".join))


@given(URLS)
def test_identity_normalising_twice_changes_nothing(url: str) -> None:
    assert normalise(normalise(url)) == normalise(url)
    assert len(article_id(url)) == 20


WORDS = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=8)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=4, unique_by=lambda pair: pair[0])


@given(
    path=st.lists(WORDS, max_size=4),
    pairs=PAIRS.filter(lambda pairs: not {"cmp", "ref"} & {name for name, _ in pairs}),
    seed=st.randoms(use_true_random=False),
    scheme=st.sampled_from(["http://", "https://", "//"]),
    www=st.sampled_from(["", "www.", "WWW."]),
    slash=st.sampled_from(["", "/"]),
    fragment=st.sampled_from(["", "#", "#top"]),
)
def test_identity_classes_are_closed(path, pairs, seed, scheme, www, slash, fragment) -> None:  # type: ignore[no-untyped-def]
    def written(scheme: str, www: str, slash: str, pairs: list[tuple[str, str]], fragment: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in pairs)
        return f"{scheme}{www}tern.example/{'/'.join(path)}{slash if path else ''}?{query}{fragment}"

    plain = written("https://", "", "", pairs, "")
    shuffled = [*pairs, ("utm_medium", "rss")]
    seed.shuffle(shuffled)
    assert normalise(written(scheme, www, slash, shuffled, fragment)) == normalise(plain)


@given(URLS, st.none() | URLS)
def test_identity_an_article_url_is_found_for_anything(final: str, canonical: str | None) -> None:
    chosen = article_url(final, canonical)
    assert article_url(chosen, None) == chosen


@pytest.mark.parametrize(
    ("final", "canonical", "expected"),
    [
        ("https://tern.example/a/b-c?src=front#x", None, "https://tern.example/a/b-c?src=front"),
        ("https://tern.example/a/b-c?utm_source=x", None, "https://tern.example/a/b-c"),
        ("https://www.tern.example/a/b-c/", None, "https://www.tern.example/a/b-c/"),
        ("https://tern.example/a/b-c?src=front", "https://tern.example/a/b-c", "https://tern.example/a/b-c"),
        ("https://m.tern.example/a/b-c", "https://tern.example/a/b-c", "https://tern.example/a/b-c"),
        ("https://tern.example/a/b-c/amp", "/a/b-c", "https://tern.example/a/b-c"),
        ("https://tern.example/a/b-c/2", "/a/b-c", "https://tern.example/a/b-c"),
        ("https://tern.example/sport/b-c", "/world/b-c", "https://tern.example/world/b-c"),
        ("http://127.0.0.1:8080/x/b-c", "http://127.0.0.1:8080/a/b-c", "http://127.0.0.1:8080/a/b-c"),
    ],
)
def test_identity_believes_a_canonical_of_the_same_site(final: str, canonical: str | None, expected: str) -> None:
    assert article_url(final, canonical) == expected


@pytest.mark.parametrize(
    ("final", "canonical"),
    [
        ("https://tern.example/a/b-c", "https://curlew.example/a/b-c"),
        ("https://tern.co.uk/a/b-c", "https://curlew.co.uk/a/b-c"),
        ("https://tern.github.io/a/b-c", "https://curlew.github.io/a/b-c"),
        ("https://tern.example/a/b-c", "https://tern.example/"),
        ("https://tern.example/a/b-c", "https://tern.example/index.html"),
        ("https://tern.example/a/b-c", "https://tern.example/en/"),
        ("https://tern.example/world/2026/b-c", "https://tern.example/world"),
        ("https://tern.example/2026/b-c", "https://tern.example/world"),
        ("https://tern.example/2026/b-c", "https://tern.example/tag/ferries"),
        ("https://tern.example/?p=12", "https://tern.example/"),
        ("https://tern.example/story.php?id=12", "https://tern.example/story.php"),
        ("https://tern.example/a/b-c", "javascript:void(0)"),
        ("https://tern.example/a/b-c", "http://[broken"),
        ("https://tern.example/a/b-c", " "),
        ("http://10.0.0.1/a/b-c", "http://11.0.0.1/a/b-c"),
    ],
)
def test_identity_does_not_believe_a_canonical(final: str, canonical: str) -> None:
    assert article_url(final, canonical) == final


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("news.tern.co.uk", "tern.co.uk"),
        ("tern.github.io", "tern.github.io"),
        ("a.tern.github.io", "tern.github.io"),
        ("live.tern.example", "tern.example"),
        ("localhost", None),
        ("127.0.0.1", None),
        ("[::1]", None),
    ],
)
def test_identity_registrable_domain(host: str, domain: str | None) -> None:
    assert registrable(host) == domain
    assert same_site(host, host)


def test_identity_tracking_table_has_no_name_twice() -> None:
    names = seeds.lines("tracking_parameters.txt")
    assert len(names) == len(set(names))
    assert all(name == name.lower().strip() for name in names)


def test_identity_versions_differ_by_what_a_reader_sees() -> None:
    said = ("Ferries stop", "Crews voted.\nThey stop.", ["Ada Holm"], "free", {"credit": "Tern", "usage": "x"})
    version = version_of(*said)
    assert len(version) == 16
    assert version == version_of("Ferries  stop ", "Crews voted. They\n\nstop.", ["Ada  Holm"], *said[3:])
    assert version == version_of(*said[:4], {"usage": "x", "credit": "Tern"})
    for place, other in enumerate(["Ferries go", "Crews voted. They go.", ["Ada Holm", "Bo"], "paid", {}]):
        changed = [*said]
        changed[place] = other
        assert version != version_of(*changed)  # type: ignore[arg-type]


def test_identity_without_url() -> None:
    assert len({path_id("2026/a.html"), content_id("2026/a.html"), article_id("2026/a.html")}) == 3
    assert content_id("Title", "Some  text") == content_id("Title", "Some text") != content_id("Title Some", "text")
    assert capture_of("<urn:uuid:1>") == capture_of("urn:uuid:1") != capture_of("urn:uuid:2")


@pytest.mark.shared
def test_identity_agrees_with_another_collector() -> None:
    lines = map(json.loads, (shared("data/A_urlnorm") / "pairs.jsonl").read_text(encoding="utf-8").splitlines())
    pairs = [(one["url"], one["expected"]) for one in lines if one["test"] == "TestNormalizeUrl"]
    differ = [url for url, expected in pairs if normalise(url) != normalise(expected)]
    # Paths keep their case and ports other than 80 and 443 stay: both can be another page.
    assert differ == ["https://www.gpo.gov:/fdsys/pkg/PL", "https://do.ma.in:442/what/ever"]
