"""A source that is silent beyond its habit is said at the end of a run and in `newsroom sources`; it fails no run."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pipeline.cli import newsroom

PAGE = "<html><head><title>Tides</title></head><body><article><h1>Tides</h1>" + "<p>The tide turned at noon.</p>" * 40


def test_silent_a_source_beyond_its_habit_is_said(tmp_path: Path) -> None:
    feed, sources, store = tmp_path / "feed.xml", tmp_path / "sources.toml", (tmp_path / "store").as_uri()
    sources.write_text(f'[[source]]\nname = "tern"\nurl = "{feed.as_uri()}"\nevery = "1h"\nfull_text = true\n')

    def publish(number: int) -> None:
        items = "".join(
            f"<item><title>Tide {n}</title><guid>tide-{n}</guid><description><![CDATA[{PAGE}]]></description></item>"
            for n in range(number)
        )
        feed.write_text(f'<rss version="2.0"><channel><title>Tern</title>{items}</channel></rss>')

    def call(*words: str) -> Result:
        return CliRunner().invoke(
            newsroom, [*words, "--sources", str(sources), "--store", store], env={"COLUMNS": "200"}
        )

    for hour, number in ((8, 1), (9, 2), (10, 2), (11, 3)):
        publish(number)
        done = call("ingest", "--all", "--now", f"2026-11-23T{hour:02}:00:00Z")
        assert (done.exit_code, "silent: " in done.stdout) == (0, False), done.output
    said = "tern: silent: nothing new since 2026-11-23 11:00, for 2 days; its longest silence before was 60 minutes"
    done = call("ingest", "--now", "2026-11-25T12:00:00Z")
    assert (done.exit_code, said in done.stdout) == (0, True), done.output
    assert said in call("sources", "list").stdout
    assert "silent" in json.loads(call("sources", "list", "--json").stdout)["silent"]
    publish(4)
    assert "silent: " not in call("ingest", "--all", "--now", "2026-11-25T13:00:00Z").stdout
