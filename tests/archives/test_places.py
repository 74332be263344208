"""Paths, folders, prefixes and patterns, on this machine and in a bucket; nothing outside of the archive is read."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.archives.places import days_said, files, is_dated, opened
from pipeline.errors import NotFound, SourceError, StoreError
from pipeline.store.folder import FolderStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore((tmp_path / "store").as_uri())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    for name in (
        "2026/01/01/a.warc.gz",
        "2026/01/02/a.warc.gz",
        "2026/01/02/b.html",
        "2026/.hidden/c.html",
        "ö x.html",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def paths(place: str, store: FolderStore, day: date | None = None) -> list[str]:
    return [file.path for file in files(place, store, day)]


def test_places_a_folder_gives_its_files_in_order_and_no_hidden_ones(root: Path, store: FolderStore) -> None:
    found = ["2026/01/01/a.warc.gz", "2026/01/02/a.warc.gz", "2026/01/02/b.html", "ö x.html"]
    assert paths(str(root), store) == paths(root.as_uri(), store) == found


def test_places_a_file_is_itself_below_its_folder(root: Path, store: FolderStore) -> None:
    (found,) = files(str(root / "ö x.html"), store)
    assert (found.path, found.size, found.read(0, 100).decode()) == ("ö x.html", 9, "ö x.html")
    assert b"".join(found.stream()).decode() == "ö x.html"
    assert found.beside("2026") is None


@pytest.mark.parametrize(
    ("pattern", "day", "found"),
    [
        ("{yyyy}/{mm}/{dd}/*.warc.gz", date(2026, 1, 2), ["02/a.warc.gz"]),
        ("{yyyy}/{mm}/{dd}/*.warc.gz", date(2026, 1, 3), []),
        ("{yyyy}/{mm}/{dd}/*.warc.gz", None, ["01/a.warc.gz", "02/a.warc.gz"]),
        ("2026/**/*.warc.gz", None, ["01/01/a.warc.gz", "01/02/a.warc.gz"]),
        ("2026/01/0[2-9]/?.html", None, ["b.html"]),
        ("2026/01/0[!1]/*.html", None, ["b.html"]),
        ("2026/01/02/[\\w].html", None, []),
    ],
)
def test_places_patterns(root: Path, store: FolderStore, pattern: str, day: date | None, found: list[str]) -> None:
    got = paths(f"{root}/{pattern}", store, day)
    assert len(got) == len(found)
    assert all(path.endswith(end) for path, end in zip(got, found, strict=True))


def test_places_patterns_may_go_by_links_and_upwards(
    root: Path, store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(root)
    (root / "alias.html").symlink_to(root / "ö x.html")
    monkeypatch.chdir(root / "2026")
    for place in (f"{tmp_path}/link", "../../archive", ".."):
        assert paths(f"{place}/{{yyyy}}/{{mm}}/{{dd}}/*.html", store) == ["2026/01/02/b.html"]
        assert paths(f"{place}/*.html", store) == ["alias.html", "ö x.html"]
        assert days_said(f"{place}/{{yyyy}}/{{mm}}/{{dd}}/*", store) == [date(2026, 1, 1), date(2026, 1, 2)]


def test_places_dated() -> None:
    assert is_dated("s3://crawl/{yyyy}/{mm}/{dd}/")
    assert not is_dated("s3://crawl/{yyyy}/")


def test_places_what_leaves_the_archive_is_left_out(root: Path, store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret")
    (root / "out.html").symlink_to(tmp_path / "secret.html")
    (root / "up").symlink_to(tmp_path)
    (root / "in.html").symlink_to(root / "ö x.html")
    (root / "itself.html").symlink_to(root / "itself.html")
    assert not {"out.html", "itself.html"} & set(found := paths(str(root), store))
    assert "in.html" in found
    assert not any("secret" in path for path in found)


def test_places_a_link_that_came_in_the_place_of_a_file_is_not_opened(root: Path, tmp_path: Path) -> None:
    page = root / "ö x.html"
    found = opened(page.as_uri(), "ö x.html")
    assert found
    page.unlink()
    page.symlink_to("/etc/hostname")
    with pytest.raises(NotFound, match="html"):
        found.read(0, 10)


@pytest.mark.parametrize(
    ("place", "said"), [("/nowhere/at/all", "no archive is at /nowhere/at/all"), ("https://a.example/", "a path")]
)
def test_places_errors_name_the_place(place: str, said: str, store: FolderStore) -> None:
    with pytest.raises(SourceError, match=said):
        list(files(place, store))


def test_places_a_bucket_is_read_as_a_folder_is(s3_server, store: FolderStore, root: Path) -> None:  # type: ignore[no-untyped-def]
    bucket = s3_server.store("crawl-places")
    for path in root.rglob("*.*"):
        if path.is_file():
            bucket.put(f"news/{path.relative_to(root).as_posix()}", path.read_bytes())
    place = f"{bucket.url}/news"
    assert [file.path for file in files(place, bucket)] == [file.path for file in files(f"{place}/", bucket)]
    assert [file.path for file in files(place, bucket)] == paths(str(root), store)
    dated = list(files(f"{place}/{{yyyy}}/{{mm}}/{{dd}}/*.warc.gz", bucket, date(2026, 1, 2)))
    assert [file.read(0, 4) for file in dated] == [b"2026"]
    assert dated[0].version
    again = opened(dated[0].url, dated[0].path, dated[0].bucket)
    assert again == dated[0]


def test_places_a_bucket_that_is_not_there_is_named(s3_server) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError, match=r"NoSuchBucket|no-such|bucket"):
        list(files("s3://no-such-bucket-here/x", s3_server.store("any")))


def test_places_a_dated_folder_without_a_day_is_all_its_days(tmp_path: Path) -> None:
    for day in ("01", "02"):
        (tmp_path / f"2026/03/{day}/deep").mkdir(parents=True)
        (tmp_path / f"2026/03/{day}/deep/a.html").write_text("a")
    place = f"{tmp_path}/{{yyyy}}/{{mm}}/{{dd}}/"
    assert len(list(files(place, FolderStore(tmp_path.as_uri())))) == 2
    assert len(list(files(place, FolderStore(tmp_path.as_uri()), date(2026, 3, 2)))) == 1


def test_places_braces_that_are_no_day_are_part_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("a")
    with pytest.raises(SourceError, match="no archive is at"):
        list(files(f"{tmp_path}/x{{y}}", FolderStore(tmp_path.as_uri())))


def test_places_a_file_that_is_named_is_taken_whatever_its_name_says(tmp_path: Path) -> None:
    for name in ("a [1].html", ".hidden.html"):
        (tmp_path / name).write_text("a")
        assert [one.path for one in files(str(tmp_path / name), FolderStore(tmp_path.as_uri()))] == [name]
    (tmp_path / "latest.warc").symlink_to(tmp_path / ".hidden.html")
    assert [one.path for one in files(str(tmp_path / "latest.warc"), FolderStore(tmp_path.as_uri()))] == ["latest.warc"]


def test_places_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no pattern: file:///.*\[z-a\]\.html: bad character range"):
        list(files(f"{tmp_path}/[z-a].html", FolderStore(tmp_path.as_uri())))


@pytest.mark.parametrize("place", ["", " "])
def test_places_an_empty_path_is_not_this_folder(tmp_path: Path, place: str) -> None:
    with pytest.raises(SourceError, match="empty"):
        list(files(place, FolderStore(tmp_path.as_uri())))
