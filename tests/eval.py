"""`make eval`: scores what `newsroom annotate` says on the evaluation sets; writes var/eval.json.

`make eval ARGS="D_quotes_polnear --sample 50"` takes one set, or another sample of each.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.shared import SHARED  # noqa: E402 - the checkout is on the path only now

KIT = SHARED / "eval"
SAMPLE = 40
"""Items of each set: good for about ±.08, in some minutes."""


def main() -> int:
    """Prints each figure that has a target, beside the plain libraries' and the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--sample", type=int, default=SAMPLE)
    asked = parser.parse_args()
    if not KIT.exists():
        print(f"eval: the evaluation data is missing: {KIT}", file=sys.stderr)
        return 1
    targets = json.loads((KIT / "targets.json").read_text())
    found = {}
    for name in asked.sets or dict.fromkeys(target["set"] for target in targets if target["set"][0] in "ADEFG"):
        if "cluster" in name or "pairs" in name or "neardup" in name:
            continue  # these score `relate`, which comes later
        scores = score(name, asked.sample)
        for target in targets:
            if target["set"] == name and target["figure"] in scores:
                value = found[f"{name} {target['figure']}"] = scores[target["figure"]]
                print(
                    f"{name:<24} {target['figure']:<26} {value:.3f}  plain {target['plain']}  target {target['target']}"
                )
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var/eval.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


def score(name: str, sample: int) -> dict[str, float]:
    """Figure to value: the kit's own scorer on our output."""
    size = ["--sample", str(sample)]
    taken, made = ROOT / "var/eval.in.jsonl", ROOT / "var/eval.out.jsonl"
    taken.parent.mkdir(exist_ok=True)
    kit(taken, "inputs.py", name, *size)
    with made.open("w") as output:
        subprocess.run([ROOT / ".venv/bin/newsroom", "annotate", "--jsonl", taken], stdout=output, check=False)
    said = kit(None, "score.py", name, str(made), *size)
    return {
        words[-3]: float(words[-2])
        for line in said.splitlines()
        if len(words := line.split()) >= 3 and is_number(words[-2])
    }


def kit(output: Path | None, script: str, *words: str) -> str:
    done = subprocess.run([sys.executable, KIT / script, *words], cwd=KIT, capture_output=True, text=True, check=True)
    if output:
        output.write_text(done.stdout)
    return done.stdout


def is_number(word: str) -> bool:
    return word.replace(".", "", 1).lstrip("-").isdigit()


if __name__ == "__main__":
    sys.exit(main())
