"""`make bench`: what documents, polls and runs cost; writes var/bench.json.

CPU milliseconds of the process and its children, never wall time, except where it says so. Parts run alone when
named: `make bench ARGS="documents polls"`.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.airflow import dag  # noqa: E402 - the checkout is on the path only now
from tests.bench.archive import archive  # noqa: E402
from tests.bench.around import around, scale  # noqa: E402
from tests.bench.bucket import bucket  # noqa: E402
from tests.bench.documents import documents  # noqa: E402
from tests.bench.freshness import freshness  # noqa: E402
from tests.bench.polls import polls  # noqa: E402
from tests.bench.process import memory, start  # noqa: E402

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "documents": documents,
    "archive": archive,
    "polls": polls,
    "bucket": bucket,
    "around": around,
    "scale": scale,
    "freshness": freshness,
    "memory": memory,
    "start": start,
    "dag": dag,
}


def main(names: list[str]) -> int:
    if unknown := set(names) - set(PARTS):
        print(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    found: dict[str, Any] = {"at": f"{datetime.now(UTC):%Y-%m-%d}", "cores": os.cpu_count()}
    for name, part in PARTS.items():
        if not names or name in names:
            print(f"\n{name}", flush=True)
            found[name] = part()
            for what, value in found[name].items():
                print(f"  {what:<52} {value:>10}", flush=True)
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var/bench.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
