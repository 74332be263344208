"""Builds seeds/tables/people.tsv; run as `python seeds/build/people.py FOLDER`.

FOLDER holds world_leaders_2021_wikidata.csv (from Wikidata, CC0; heads of state and government of 2021 and 2022) and
us_congress_current.jsonl.gz (CC0; congress of 2026, presidents and their deputies). Who somebody is does not age, who
governs does: the table links names, it says nothing of offices.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TABLE = Path(__file__).parent.parent / "tables" / "people.tsv"
SINCE = "1933"  # presidents before are names of streets, schools and other people
HEADER = (
    "# People whom news names, built by seeds/build/people.py from Wikidata and congress-legislators (both CC0).\n"
    "# `congress`: common names; linked only where the text speaks of politics.\n# name\tother names\tkind\twikidata\n"
)
SPELLINGS = {  # as English papers print them; Wikidata's label differs
    "Q3874799": "Volodymyr Zelensky|Volodymyr Zelenskyy|Volodymyr Zelenskiy|Vladimir Zelensky",
    "Q2866": "Alexander Lukashenko|Aleksandr Lukashenko|Alyaksandr Lukashenka",
}
NO_NAME = " of "  # "Philippe I of Belgium": no paper calls him so


def leaders(folder: Path) -> Iterator[tuple[str, str, str]]:
    with (folder / "world_leaders_2021_wikidata.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            item, name = row["officeholder"], row["officeholderLabel"]
            if " " in name and NO_NAME not in name and not name.startswith("Q"):
                yield item, name, "leader"


def politicians(folder: Path) -> Iterator[tuple[str, str, str]]:
    with gzip.open(folder / "us_congress_current.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["role"] in ("prez", "viceprez") and row["end"] < SINCE:
                continue
            kind = "leader" if row["role"] in ("prez", "viceprez") else "congress"
            names = [row["name"], (row["wikipedia"] or row["name"]).split(" (")[0], f"{row['first']} {row['last']}"]
            if row["nickname"]:
                names.append(f"{row['nickname']} {row['last']}")
            for name in names if row["qid"] else ():
                yield row["qid"], name, kind


def main(folder: Path) -> None:
    names: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for item, name, kind in [*leaders(folder), *politicians(folder)]:
        names[item].append(name)
        kinds[item] = min(kind, kinds.get(item, kind), key=("leader", "congress").index)
    lines = []
    for item in sorted(names, key=lambda q: int(q[1:])):
        every = list(dict.fromkeys([*names[item], *SPELLINGS.get(item, "").split("|")]))
        lines.append("\t".join((every[0], "|".join(n for n in every[1:] if n), kinds[item], item)) + "\n")
    TABLE.write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
