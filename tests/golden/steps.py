"""Writes tests/golden/steps.json, version and fingerprint of each step: `python -m tests.golden.steps`.

A step whose fingerprint changed must have a higher version; the script refuses to write one that has not.
"""

import json
import sys
from pathlib import Path

from pipeline.steps import all_steps

GOLDEN = Path(__file__).with_suffix(".json")
Golden = dict[str, dict[str, str | int]]


def now() -> Golden:
    """What the code says."""
    return {s.name: {"version": s.version, "fingerprint": s.fingerprint} for s in all_steps()}


def written() -> Golden:
    """What the golden file says; empty before there is one."""
    return json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}


def unraised(before: Golden, after: Golden) -> list[str]:
    """Steps that changed and kept their version, or whose version fell."""
    return [
        name
        for name, step in after.items()
        if name in before
        and (
            step["version"] < before[name]["version"]
            or (step["version"] == before[name]["version"] and step["fingerprint"] != before[name]["fingerprint"])
        )
    ]


def main() -> int:
    if names := unraised(written(), now()):
        print(f"raise the version of: {', '.join(names)}; they changed", file=sys.stderr)
        return 1
    GOLDEN.write_text(json.dumps(now(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
