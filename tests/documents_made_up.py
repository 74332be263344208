"""Documents of an invented newsroom, as small as a test needs them."""

from datetime import UTC, datetime, timedelta

from pipeline.identity import article_id, version_of
from pipeline.model import Annotation, Document, Extraction, RawRef

URL = "https://tern.example/2026/ferry-strike"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def document(
    minute: int = 0,
    text: str = "Crews voted to strike.",
    *,
    url: str = URL,
    edition: str = "c7",
    record: str | None = None,
    layers: dict[str, Annotation] | None = None,
) -> Document:
    """A document captured so many minutes after noon, by a record of its own; all else is the same."""
    at = NOON + timedelta(minutes=minute)
    return Document(
        id=article_id(url),
        version=version_of("Ferries stop", text, ["Ada Holm"], "free", {}),
        url=url,
        source="tern",
        captured_at=at,
        published_at=NOON,
        title="Ferries stop",
        authors=("Ada Holm",),
        language="en",
        text=text,
        raw=RawRef(record or f"urn:uuid:{minute:08}", "sha1:AAAA"),
        extraction=Extraction("page" if edition[0] == "c" else "feed", int(edition[1:])),
        annotations={"language": Annotation(version=1, value={"code": "en", "score": 0.9})}
        if layers is None
        else layers,
    )
