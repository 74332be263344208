"""How long an article waits from its publication until it has landed, with a run every quarter of an hour."""

import statistics
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline import ledger
from pipeline.cli.ingest import one_run
from pipeline.config import read
from pipeline.documents import decode
from pipeline.local.demo import start_demo
from pipeline.local.demo_site import moments
from pipeline.stages.desk import open_desk
from pipeline.store.folder import FolderStore

EVERY = timedelta(minutes=15)


def freshness() -> dict[str, Any]:
    """Minutes by the demo's clock, over the two days after its first state; new articles alone."""
    began, ends = moments()[0], moments()[-1]
    with tempfile.TemporaryDirectory() as folder, start_demo(Path(folder)) as demo:
        declared = Path(folder) / "sources.toml"
        declared.write_text(demo.declared)
        store = FolderStore((Path(folder) / "store").as_uri())
        now, runs, waited = began, 0, list[float]()
        while now <= ends:
            demo.move(now)
            run, complaint = one_run(open_desk(read({}), store, [declared], now), (), everything=False, take_over=False)
            assert complaint is None
            runs += 1
            for line in ledger.read_run(store, run.run):
                document = decode(store.get(line.key or "").body) if line.outcome == "landed" else None
                published = document.published_at if document and document.modified_at is None else None
                if published and published > began:
                    waited.append((now - published).total_seconds() / 60)
            now += EVERY
    ordered = sorted(waited)
    return {
        "runs": runs,
        "new articles": len(ordered),
        "median, minutes": round(statistics.median(ordered), 1),
        "95th percentile, minutes": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
    }
