"""Settings: what the environment says, what `make run` remembered, and the defaults."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import UsageError


def test_config_has_a_default_for_everything() -> None:
    found = config.read({})
    assert found.store.startswith("file:///")
    assert [path.name for path in found.sources] == ["sources.toml"]
    assert found.contact is None
    assert found.now is None


def test_config_an_empty_value_is_none() -> None:
    assert config.read({"NEWSROOM_CONTACT": ""}).contact is None


def test_config_names_several_sources_files() -> None:
    assert config.read({"NEWSROOM_SOURCES": "a.toml:b.toml"}).sources == (Path("a.toml"), Path("b.toml"))


def test_config_what_make_run_remembered_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "run.env").write_text("NEWSROOM_STORE=s3://newsroom\nAWS_SECRET_ACCESS_KEY=a=b\n\n")
    assert config.remembered(tmp_path / "run.env") == {
        "NEWSROOM_STORE": "s3://newsroom",
        "AWS_SECRET_ACCESS_KEY": "a=b",  # pragma: allowlist secret
    }
    assert config.remembered(tmp_path / "missing") == {}


@pytest.mark.parametrize(
    ("written", "hour"),
    [("2026-11-22T10:15:00Z", 10), ("2026-11-22T10:15:00", 10), ("2026-11-22 11:15+01:00", 10), (" 2026-11-22 ", 0)],
)
def test_config_reads_times_as_people_write_them(written: str, hour: int) -> None:
    found = config.moment(written)
    assert (found.tzinfo, found.hour) == (UTC, hour)


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-01", "10:15"])
def test_config_refuses_what_is_no_time(written: str) -> None:
    with pytest.raises(UsageError, match="not a time"):
        config.moment(written)


@pytest.mark.parametrize(
    ("environ", "store", "address"),
    [
        (
            {"NEWSROOM_BROWSE": "http://127.0.0.1:1/b/{key}"},
            "s3://b",
            "http://127.0.0.1:1/b/ledger/date=2026-11-22/a%20b/",
        ),
        ({}, "file:///tmp/store", "file:///tmp/store/ledger/date=2026-11-22/a b/"),
        ({}, "s3://b/p", "https://console.aws.amazon.com/s3/buckets/b?prefix=p/ledger/date%3D2026-11-22/a%20b/"),
    ],
)
def test_config_knows_where_a_person_sees_a_key(environ: dict[str, str], store: str, address: str) -> None:
    assert config.read(environ).browse(store, "ledger/date=2026-11-22/a b/") == address


def test_config_every_setting_has_its_name_and_its_story() -> None:
    assert all(setting.name.startswith("NEWSROOM_") and setting.what.endswith(".") for setting in config.SETTINGS[:-1])
    assert datetime.now(UTC) >= config.moment("2026-01-01")


@pytest.mark.parametrize(
    ("said", "hours"),
    [(None, [1, 6, 24, 72]), ("", [1, 6, 24, 72]), ("2h, 30m", [0.5, 2]), ("1d", [24]), ("never", []), ("0", [])],
)
def test_config_says_when_pages_are_looked_at_again(said: str | None, hours: list[float]) -> None:
    found = config.read({} if said is None else {"NEWSROOM_REVISITS": said}).revisits
    assert [after / timedelta(hours=1) for after in found] == hours


@pytest.mark.parametrize("said", ["1", "soon", "1h,,2h", "1h;2h"])
def test_config_refuses_times_that_are_none(said: str) -> None:
    with pytest.raises(UsageError, match="NEWSROOM_REVISITS: not a duration"):
        config.read({"NEWSROOM_REVISITS": said})
