"""Secrets are planted, a whole run is made, with failures too, and all that is left of it is searched for them."""

import gzip
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline import tables
from pipeline.cli import newsroom
from pipeline.config import settings
from pipeline.store.folder import FolderStore
from tests.stages.publisher import Said, publisher, rss

TOKEN, PASSWORD = "guillemot%2F4711", "kittiwake-0815"  # pragma: allowlist secret
FORMS = (TOKEN, "guillemot/4711", PASSWORD, "ZGVzazpraXR0aXdha2UtMDgxNQ==")  # the last: desk:kittiwake-0815
PROSE = "<p>The ferry lay in the harbour all day, because its crew had no word from the owners.</p>" * 9


@pytest.mark.parametrize("login", [f"desk:{PASSWORD}", PASSWORD])
def test_secrets_are_nowhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
    login: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    forms = FORMS if ":" in login else FORMS[:-1]
    store = FolderStore(f"file://{tmp_path / 'store'}")
    with publisher() as site:
        echo = f"<html><title>Ferries</title><article>{PROSE}<p>You are {' '.join(forms)}</p></article></html>"
        own, seen = f"?access_token={TOKEN}", f"?access_token={FORMS[1]}"  # the client writes it so
        site.answers = {
            f"/feed{seen}": Said(302, {"Location": f"/real{own}"}, echo),
            f"/real{seen}": Said(200, {"X-Asked": own}, rss(
                f"<title>A</title><link>/a{own}</link>", "<title>B</title><link>/b</link>",
                f"<title>C</title><link>/c{own}</link>", f"<title>{PASSWORD}</title><link>/d{own}</link>",
                channel=f"<link>{site.url('/real')}{own}</link>",
            )),
            f"/a{seen}": Said(200, {}, echo),
            "/b": Said(500, {"X-Error": f"no {PASSWORD}"}, echo),
            f"/c{seen}": Said(302, {"Location": f"http://10.0.0.8/{own}"}),
            f"/d{seen}": Said(302, {"Location": f"/nowhere{own}"}),
            f"/other{seen}": Said(200, {}, f"<html><link rel=alternate type='application/rss+xml' href='/x{own}'>"),
        }  # fmt: skip
        declared = tmp_path / "sources.toml"
        declared.write_text("".join(
            f'[[source]]\nname = "{name}"\nurl = "{site.url(path)}{own}"\nauth = "TERN_LOGIN"\n'
            f'allow_hosts = ["{site.host}"]\nper_host_delay = 0\n'
            for name, path in (("tern", "/feed"), ("isle", "/other"), ("gone", "/gone"))
        ))  # fmt: skip
        monkeypatch.setenv("TERN_LOGIN", login)
        settings.cache_clear()  # the environment is read once a process
        request.addfinalizer(settings.cache_clear)
        where, file = ["--store", store.url], ["--sources", str(declared), "--store", store.url]
        commands = [
            ["ingest", *file], ["ingest", "--all", *file], ["sources", "list", *file], ["sources", "check", *file],
            ["runs", *where], ["quarantine", *where], ["why", site.url("/b"), *where],
        ]  # fmt: skip
        said = [CliRunner().invoke(newsroom, command) for command in commands]
        assert [result.exit_code for result in said] == [0] * len(commands), "".join(result.output for result in said)
        asked = {path for path, headers in site.asked if "authorization" in headers}
    assert {f"/feed{seen}", f"/a{seen}", "/b"} <= asked, "the secrets were sent"
    kept = {each.key: store.get(each.key).body for each in store.keys("")}
    assert any(key.startswith("documents/") for key in kept)
    texts = {key: gzip.decompress(body) if key.endswith(".warc.gz") else body for key, body in kept.items()}
    for name in ("documents", "outcomes"):
        texts[f"table {name}"] = repr(tables.read(store, name).to_pylist()).encode()
    texts |= {"said": "".join(result.output for result in said).encode(), "logs": caplog.text.encode()}
    found = [(key, form) for key, body in texts.items() for form in forms if form.encode() in body]
    assert found == []
    assert any(b"access_token=***" in body for key, body in texts.items() if key.endswith(".warc.gz"))
