"""Captures of invented pages."""

from datetime import UTC, datetime

from pipeline.model import Capture, Entry

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://tern.example/harbour/ferries-stop"
ENTRY = Entry(source="tern", url=URL)
FIRST = "Crews on the Baltic ferries voted to strike on Monday after talks over pay and rest hours broke down."
SECOND = "“We will stay in port until there is an offer,” said Ada Holm, who leads the union of the ferry crews."
PROSE = f"<p>{FIRST}</p><p>{SECOND}</p>"


def page(body: str = PROSE, *, head: str = "", lang: str = "en") -> bytes:
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">{head}</head>'
        f"<body><main><article>{body}</article></main></body></html>"
    ).encode()


def capture(body: bytes, *, url: str = URL, kind: str = "text/html; charset=utf-8", status: int = 200) -> Capture:
    return Capture(
        url=url,
        at=NOON,
        status=status,
        headers=(("Content-Type", kind),),
        body=body,
        record="urn:uuid:00000001",
        digest="sha1:AAAA",
    )
