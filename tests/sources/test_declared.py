"""The sources file: what is wrong in it is named, what is right is kept."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.errors import SourceError
from pipeline.seeds import SEEDS
from pipeline.sources.declared import load
from pipeline.veil import shown

RIGHT = 'name = "tern"\nurl = "https://tern.example/feed.xml"\n'


ARCHIVE = (
    'name = "rolls"\nurl = "file:///rolls/{yyyy}/{mm}/{dd}/*.warc.gz"\nkind = "warc"\n'
    "from = 2019-01-01\nto = 2019-12-31\n"
)


def declare(tmp_path: Path, *tables: str) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text("".join(f"[[source]]\n{table}\n" for table in tables))
    return path


def test_declared_source_has_every_key(tmp_path: Path) -> None:
    table = RIGHT + (
        'kind = "urls"\noutlet = "Tern Herald"\ncountry = "KE"\nlanguage = "sw"\nevery = "2h"\nfull_text = true\n'
        'allow_hosts = ["127.0.0.1:8000", "localhost:80"]\nauth = "TERN_LOGIN"\nper_host_delay = 2\nlimit = 10\n'
    )
    (source,), errors = load(declare(tmp_path, table))
    assert errors == ()
    assert (source.kind, source.every, source.per_host_delay, source.limit) == ("urls", "2h", 2.0, 10)
    assert source.allow_hosts == ("127.0.0.1:8000", "localhost:80")


@pytest.mark.parametrize("kind", ["warc", "jsonl", "newsml", "files"])
@pytest.mark.parametrize("place", ["file:///rolls/{yyyy}{mm}{dd}.gz", "s3://bucket/rolls/", "s3://bucket/**/*.warc"])
def test_declared_archive_has_a_first_and_a_last_day(tmp_path: Path, kind: str, place: str) -> None:
    table = ARCHIVE.replace('"warc"', f'"{kind}"').replace("file:///rolls/{yyyy}/{mm}/{dd}/*.warc.gz", place)
    (source,), errors = load(declare(tmp_path, table))
    assert errors == ()
    assert (source.is_archive, source.first, source.last) == (True, date(2019, 1, 1), date(2019, 12, 31))


def test_declared_folder_without_days_is_polled(tmp_path: Path) -> None:
    (source,), _ = load(declare(tmp_path, 'name = "pages"\nurl = "file:///pages/"\nkind = "files"'))
    assert not source.is_archive


def test_declared_archive_may_not_be_named_as_the_dag_of_paths(tmp_path: Path) -> None:
    _, (error,) = load(declare(tmp_path, ARCHIVE.replace('"rolls"', '"path"')))
    assert "name: must not be path" in error


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (RIGHT + 'lanuage = "en"', "source tern: lanuage: unknown key; language?"),
        (RIGHT + "zzz = 1", "source tern: zzz: unknown key"),
        ('url = "https://tern.example/"', "source 2: name: is missing"),
        ('name = "x"', "source x: url: is missing"),
        ("name = 7\n" + RIGHT.splitlines()[1], "source 2: name: Expected `str`, got `int`"),
        (RIGHT.replace("tern", "Tern", 1), "source Tern: name: must be"),
        (
            RIGHT.replace("tern", "pasted", 1),
            "source pasted: name: must be [a-z0-9-], at most 64, and not pasted or archive",
        ),
        (RIGHT.replace("tern", "first", 1), "source first: name: is declared twice"),
        (
            RIGHT + 'kind = "pigeon"',
            "source tern: kind: must be one of feed, urls, files, warc, jsonl, newsml, not 'pigeon'",
        ),
        (RIGHT + 'every = "soon"', 'source tern: every: must be a time such as "90s"'),
        (RIGHT + 'every = "0m"', "source tern: every: must be"),
        (RIGHT + 'every = "99999d"', "source tern: every: must be"),
        (RIGHT + "every = 15", "source tern: every: Expected `str`"),
        (RIGHT + 'country = "Kenya"', "source tern: country: must be two capitals"),
        (RIGHT + 'country = "ke"', "source tern: country: must be two capitals"),
        (RIGHT + 'language = "sw-KE"', "source tern: language: must be two letters"),
        (RIGHT + 'allow_hosts = ["127.0.0.1"]', "source tern: allow_hosts: must be a list of host:port"),
        (RIGHT + 'allow_hosts = "127.0.0.1:80"', "source tern: allow_hosts: Expected `array`"),
        (RIGHT + 'auth = "user:hunter2"', "source tern: auth: must be the name of a variable or connection"),
        (RIGHT + "per_host_delay = -1", "source tern: per_host_delay: must be 0 to 3600"),
        (RIGHT + "per_host_delay = nan", "source tern: per_host_delay: must be 0 to 3600"),
        (RIGHT + "limit = 0", "source tern: limit: must be a number above 0"),
        (RIGHT + "limit = true", "source tern: limit: Expected `int"),
        (RIGHT + 'full_text = "yes"', "source tern: full_text: Expected `bool`"),
    ]
    + [
        (ARCHIVE.replace(was, now), f"source rolls: {said}")
        for was, now, said in (
            ("from = 2019-01-01", "", "from: is missing: an archive has a first and a last day"),
            ("to = 2019-12-31", "", "to: is missing: an archive has a first and a last day"),
            ("to = 2019-12-31", "to = 2018-12-31", "to: must not be before from, not '2018-12-31'"),
            ("2019-01-01", "2019-01-01T10:00:00Z", "from: Expected `date | null`, got `datetime`"),
            ("2019-01-01", "0019-01-01", "from: must be a day of 1900 to 2199"),
            ("2019-01-01", '"soon"', "from: Invalid RFC3339 encoded date"),
            ('"warc"\nfrom = 2019-01-01', '"feed"', "to: only an archive has it: kind warc, jsonl, newsml, files"),
            ("file:///rolls/", "https://rolls.example/", "url: must be a file:/// or s3:// URL"),
            ("{dd}", "{hh}", "url: must be a file:/// or s3:// URL"),
        )
    ]
    + [
        (f'name = "x"\nurl = "{url}"', "source x: url: must be a URL with https, http, s3 or file:///")
        for url in (
            "",
            "tern.example",
            "ftp://x/",
            "https://",
            "https://x y/",
            "https://x:99999/",
            "file://h/x",
            "http://[x",
        )
    ],
)
def test_declared_fault_is_named_and_the_others_are_kept(tmp_path: Path, table: str, said: str) -> None:
    path = declare(tmp_path, 'name = "first"\nurl = "https://first.example/"', table)
    found, errors = load(path)
    assert [source.name for source in found] == ["first"]
    assert len(errors) == 1
    assert errors[0].startswith(f"{path}: {said}")
    assert "\n" not in errors[0]


def test_declared_error_shows_no_secret(tmp_path: Path) -> None:
    table = 'name = "x"\nurl = "ftp://ada:hunter2@x.org/?token=hunter2"\nauth = "hunter2"'  # pragma: allowlist secret
    assert "hunter2" not in " ".join(load(declare(tmp_path, table)).errors)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sources]\n", "unknown key sources"),
        ("[source]\nname='x'\n", "must be tables"),
        ("source = [1]\n", "must be tables"),
    ],
)
def test_declared_file_of_another_shape_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(text)
    found, errors = load(path)
    assert found == ()
    assert said in errors[0]


@pytest.mark.parametrize("body", [b"[[source", b"\xff\xfe", b"a=" + b"[" * 5000])
def test_declared_file_that_is_no_toml_is_one_line(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "sources.toml"
    path.write_bytes(body)
    with pytest.raises(SourceError, match="is no TOML") as raised:
        load(path)
    assert "\n" not in str(raised.value)


def test_declared_file_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.toml: No such file"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(SourceError, match="Is a directory"):
        load(tmp_path)


def test_declared_names_are_unique_over_several_files(tmp_path: Path) -> None:
    path = declare(tmp_path, RIGHT)
    found, errors = load(path, path)
    assert len(found) == 1
    assert errors == (f"{path}: source tern: name: is declared twice",)


def test_declared_seeds_are_ten_countries_in_several_languages() -> None:
    found, errors = load(SEEDS / "sources.toml")
    assert errors == ()
    assert len({source.country for source in found}) == 10
    assert len({source.language for source in found} - {"en"}) >= 3


def test_declared_kinds_are_the_files_of_the_folder() -> None:
    files = {path.stem for path in Path(str(sources.__file__)).parent.glob("*.py") if "def read(" in path.read_text()}
    assert files - {"__init__"} == set(sources.KINDS)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://tern.example/feed?page=2", "https://tern.example/feed?page=2"),
        ("https://ada:hunter2@tern.example/", "https://***@tern.example/"),  # pragma: allowlist secret
        ("https://ada@tern.example/", "https://***@tern.example/"),  # pragma: allowlist secret
        ("https://a:b@c@tern.example/", "https://***@tern.example/"),  # pragma: allowlist secret
        ("https://tern.example/@ada/?to=a@b", "https://tern.example/@ada/?to=a@b"),  # pragma: allowlist secret
        ("https://x.example/?a=1&API_Key=s3&b=2", "https://x.example/?a=1&API_Key=***&b=2"),
        ("https://x.example/?access_token=s3#part", "https://x.example/?access_token=***#part"),
        ("https://x.example/?X-Amz-Signature=s3;key=s3", "https://x.example/?X-Amz-Signature=***;key=***"),
        ("https://x.example/?token=", "https://x.example/?token="),
        ("https://x.example/?monkey=1&author=2", "https://x.example/?monkey=1&author=2"),
        ("s3://AK:SK@bucket/list.txt", "s3://***@bucket/list.txt"),  # pragma: allowlist secret
    ],
)
def test_declared_url_is_shown_without_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected


@given(st.text(max_size=80))
def test_declared_shown_never_fails_and_settles(text: str) -> None:
    assert shown(shown(text)) == shown(text)
