"""`newsroom quarantine`: what failed for good is listed, shown and sent again; on a site that refuses us, then not."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import ledger, polls
from pipeline.cli import newsroom
from pipeline.errors import NewsroomError, UsageError
from pipeline.model import Outcome
from pipeline.store.folder import FolderStore
from tests.archives.made_up import page
from tests.archives.made_warc import address, http, record

NOW, LATER = "2026-11-24T10:15:00Z", "2026-11-24T11:15:00Z"
STORY = "<p>" + "The harbour master said on Tuesday that the ferries would sail again before noon. " * 4 + "</p>"


class Gate(BaseHTTPRequestHandler):
    """A feed of two articles; a closed gate answers 403 with a control character, and garbage as brotli."""

    open = False

    def do_GET(self) -> None:
        pages = {"/feed": self.feed, "/robots.txt": lambda: self.answer(404, b"")}
        pages.get(self.path, self.article if Gate.open else self.refuse)()

    def feed(self) -> None:
        host = self.headers["Host"]
        items = "".join(
            f"<item><title>{name}</title><link>http://{host}/{name}</link><category>tides</category></item>"
            for name in ("ferries", "tides")
        )
        self.answer(200, f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode())

    def article(self) -> None:
        page = f"<html><head><title>{self.path[1:]}</title></head><body><article><h1>{self.path[1:]}</h1>{STORY * 5}"
        self.answer(200, page.encode(), "text/html")

    def refuse(self) -> None:
        if self.path == "/ferries":
            self.answer(403, b"<h1>Not for you</h1>\n\x1b[2Jgo away", "text/html", X_Cache="\x1b[31mMISS")
        else:
            self.answer(200, b"no gzip at all", "text/html", Content_Encoding="compress")

    def answer(self, status: int, body: bytes, kind: str = "application/xml", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Place:
    """A store in which both articles failed for good."""

    def __init__(self, host: str, folder: Path) -> None:
        self.host, self.store = host, FolderStore((folder / "store").as_uri())
        self.sources = folder / "sources.toml"
        self.sources.write_text(
            f'[[source]]\nname = "tern"\nurl = "http://{host}/feed"\nallow_hosts = ["{host}"]\nper_host_delay = 0\n'
        )

    def call(self, *words: str) -> Result:
        done = CliRunner().invoke(newsroom, [*words, "--store", self.store.url], env={"COLUMNS": "200"})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def ingest(self, now: str) -> Result:
        return self.call("ingest", "--sources", str(self.sources), "--all", "--now", now)

    def listed(self, *words: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.call("quarantine", *words, "--json").stdout.splitlines()]

    def url(self, name: str) -> str:
        return f"http://{self.host}/{name}"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    Gate.open = False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        made = Place(f"127.0.0.1:{server.server_port}", tmp_path)
        made.ingest(NOW)
        yield made
    finally:
        server.shutdown()
        server.server_close()


def test_quarantine_lists_what_failed_for_good_by_reason(place: Place) -> None:
    said = place.call("quarantine").stdout
    assert f"{place.url('ferries')}  at fetch: status: 403" in said
    assert said.endswith("\n\n1 status\n1 unknown content coding\n")
    assert [line["url"] for line in place.listed("--reason", "status: 4")] == [place.url("ferries")]
    assert len(place.listed("--source", "tern")) == 2
    assert not place.listed("--source", "isle")


def test_quarantine_is_named_at_the_end_of_a_run(place: Place) -> None:
    [run] = ledger.runs(place.store)
    assert "2 failed for good: newsroom quarantine lists what did\n" in place.call("runs", run.run).stdout


def test_quarantine_shows_one_with_what_came(place: Place) -> None:
    said = place.call("quarantine", place.url("ferries")).stdout
    for words in ("failed    at fetch: status: 403", "raw/date=2026-11-24/", "status    403", "<h1>Not for you</h1>"):
        assert words in said
    assert "\x1b" not in said, "what came from elsewhere does not steer the terminal"
    [line] = place.listed(place.url("ferries") + "#top")
    assert isinstance(line["came"], dict)
    assert line["came"]["status"] == 403


def test_quarantine_shows_also_what_does_not_unpack(place: Place) -> None:
    said = place.call("quarantine", place.url("tides")).stdout
    assert "no gzip at all" in said
    assert "body      14 bytes, " in said


@pytest.mark.parametrize(
    ("words", "sent"),
    [(("URL",), ["ferries"]), (("--reason", "status"), ["ferries"]), (("--source", "tern"), ["ferries", "tides"])],
)
def test_quarantine_what_is_sent_again_is_taken_by_the_next_run(
    place: Place, words: tuple[str, ...], sent: list[str]
) -> None:
    done = place.call("quarantine", *(place.url("ferries") if w == "URL" else w for w in words), "--send")
    assert done.stderr.startswith(f"{len(sent)} sent again")
    waiting = polls.read(place.store, "tern").pending
    assert {key.rpartition("/")[2]: (one.tries, one.entry.tags) for key, one in waiting.items()} == dict.fromkeys(
        sent, (1, ("tides",))
    ), "with all that the source said of it"
    assert len(place.listed()) == 2 - len(sent), "what waits is not in quarantine"
    Gate.open = True
    place.ingest(LATER)
    again = {line.url: line.outcome for line in lines(place.store) if line.run.startswith("20261124T1115")}
    assert again == {place.url(name): "landed" for name in sent}
    assert len(place.listed()) == 2 - len(sent)


def test_quarantine_an_entry_whose_capture_is_gone_is_found_in_the_plan_else_made_from_the_ledger(place: Place) -> None:
    for listed in list(place.store.keys("raw/")):
        place.store.delete(listed.key)
    assert "capture   gone from raw/" in place.call("quarantine", place.url("ferries")).stdout
    place.call("quarantine", place.url("ferries"), "--send")
    for listed in list(place.store.keys("work/2")):
        place.store.delete(listed.key)
    place.call("quarantine", place.url("tides"), "--send")
    waiting = polls.read(place.store, "tern").pending
    assert waiting[place.url("ferries")].entry.tags == ("tides",)
    assert waiting[place.url("tides")].entry.title == "tides"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--send",), 2, "choose what to send again"),
        (("https://tern.example/nowhere",), 1, "nothing with this URL is in quarantine"),
    ],
)
def test_quarantine_says_what_it_cannot_do(place: Place, words: tuple[str, ...], status: int, said: str) -> None:
    with pytest.raises(UsageError if status == 2 else NewsroomError, match=said):
        place.call("quarantine", *words)


def test_quarantine_of_an_empty_store_is_empty(tmp_path: Path) -> None:
    done = CliRunner().invoke(newsroom, ["quarantine", "--store", (tmp_path / "none").as_uri()])
    assert (done.exit_code, done.stdout) == (0, "Nothing is in quarantine.\n")


def lines(store: FolderStore) -> list[Outcome]:
    return list(ledger.seen(store))


def test_quarantine_of_an_archive_tells_where_it_lies_and_sends_nothing(tmp_path: Path) -> None:
    """An archive has no queue: its entries are taken again by taking it again. A later capture is another entry."""
    place = Place("none", tmp_path)
    cut = record(1, http(page(1)), more="WARC-Truncated: length", date="2026-03-01T06:00:00Z")
    again = record(2, http(page(1)), url=address(1), date="2026-03-02T06:00:00Z")
    (tmp_path / "rolls.warc").write_bytes(cut + again)
    assert "1 failed for good" in place.call("archive", str(tmp_path / "rolls.warc"), "--processes", "1").stdout
    (held,) = place.listed()
    shown = place.call("quarantine", str(held["queued_as"])).stdout
    assert f"capture   {(tmp_path / 'rolls.warc').as_uri()}, byte 0" in shown
    said = place.call("quarantine", "--source", "archive", "--send").stderr
    assert said.startswith("1 not sent, as they lie in an archive")
    assert "archive.json" not in {found.key.rpartition("/")[2] for found in place.store.keys("sources/")}


LATER_STILL = "2026-11-24T12:15:00Z"


def told(number: int, length: int = 60) -> bytes:
    return json.dumps({"url": address(number), "text": f"The ferry sails at {number}. " * length}).encode() + b"\n"


@pytest.mark.parametrize(
    "mended",
    [
        told(1) + told(2) + told(3) + told(4),
        told(1, 90) + b" \n" + told(2, 90) + told(3) + told(4),
    ],
    ids=["with more in each", "with a line between"],
)
def test_quarantine_lets_go_what_a_mended_archive_holds_no_more(tmp_path: Path, mended: bytes) -> None:
    place, file = Place("none", tmp_path), tmp_path / "rolls.jsonl"
    file.write_bytes(told(1) + told(2)[:-9] + b"\n" + told(3) + told(4)[:-9] + b"\n")
    take = ("archive", str(file), "--processes", "1", "--now")
    place.call(*take, NOW)
    place.call(*take, LATER)
    assert len(place.listed()) == 2, "taken again as it was it is as broken"
    file.write_bytes(mended)
    place.call(*take, LATER_STILL)
    assert not place.listed()


def test_quarantine_lets_go_the_end_of_a_file_that_was_cut_off(tmp_path: Path) -> None:
    """The next item begins behind a line end: nothing lies where the text ended."""
    place, file = Place("none", tmp_path), tmp_path / "a.json.gz"
    item = {"type": "text", "headline": "Ferry", "body_text": "The ferry sails at noon. " * 60}
    items = b"\n".join(json.dumps({"uri": f"urn:{number}", **item}).encode() for number in range(3))
    take = ("archive", str(file), "--processes", "1", "--now")
    for content, left, now in ((gzip.compress(items[:2000]), 1, NOW), (gzip.compress(items), 0, LATER)):
        file.write_bytes(content[:-8] if left else content)
        place.call(*take, now)
        assert len(place.listed()) == left


def test_quarantine_lets_go_a_capture_that_was_read_elsewhere(tmp_path: Path) -> None:
    """Under another name, at another place; another capture of the same URL is another entry."""
    place, dates = Place("none", tmp_path), [f"2026-03-0{day}T06:00:00Z" for day in (1, 2)]
    whole, another = (record(n, http(page(1)), url=address(1), date=date) for n, date in enumerate(dates))
    cut = record(0, http(page(1)), url=address(1), date=dates[0], more="WARC-Truncated: length")
    runs = (("a", cut, 1, NOW), ("b", another, 1, LATER), ("c", another + whole, 0, LATER_STILL))
    for name, content, left, now in runs:
        (tmp_path / f"{name}.warc").write_bytes(content)
        place.call("archive", str(tmp_path / f"{name}.warc"), "--processes", "1", "--now", now)
        assert len(place.listed()) == left, name
