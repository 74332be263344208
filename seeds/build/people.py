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
BESIDE = {  # whom news names and these sources lack, by hand; items of Wikidata
    "Q6383803": "Keir Starmer|Sir Keir Starmer",
    "Q20055561": "Rishi Sunak",
    "Q566257": "Friedrich Merz",
    "Q336599": "Bart De Wever",
    "Q1780398": "Ulf Kristersson",
    "Q6029546": "Petteri Orpo",
    "Q503143": "Alexander Stubb",
    "Q10819807": "Andrej Babiš|Andrej Babis",
    "Q946": "Donald Tusk",
    "Q299574": "Anwar Ibrahim",
    "Q6504758": "Lawrence Wong",
    "Q1148669": "Cyril Ramaphosa",
    "Q18618881": "Duma Boko",
    "Q7518922": "Simon Harris",
    "Q324546": "Marco Rubio",
    "Q60772": "Ursula von der Leyen",
    "Q43723": "Benjamin Netanyahu|Binyamin Netanyahu",
    "Q311440": "António Guterres|Antonio Guterres",
    "Q37181": "Luiz Inácio Lula da Silva|Luiz Inacio Lula da Silva",
    "Q567": "Angela Merkel",
    "Q2530": "Gerhard Schröder|Gerhard Schroeder",
    "Q192": "David Cameron",
    "Q10648": "Gordon Brown",
    "Q9545": "Tony Blair",
    "Q264766": "Theresa May",
    "Q180589": "Boris Johnson",
    "Q7416": "Margaret Thatcher",
    "Q329": "Nicolas Sarkozy",
    "Q157": "François Hollande|Francois Hollande",
    "Q2105": "Jacques Chirac",
    "Q11860": "Silvio Berlusconi",
    "Q6294": "Hillary Clinton|Hillary Rodham Clinton",
    "Q206": "Stephen Harper",
    "Q132345": "Shinzo Abe",
    "Q8023": "Nelson Mandela",
    "Q1254": "Kofi Annan",
    "Q1253": "Ban Ki-moon",
    "Q1316": "Saddam Hussein",
    "Q11256": "Fidel Castro",
    "Q8440": "Hugo Chávez|Hugo Chavez",
    "Q30487": "Mikhail Gorbachev",
    "Q34453": "Boris Yeltsin",
    "Q23530": "Dmitry Medvedev",
    "Q39524": "Hosni Mubarak",
    "Q317521": "Elon Musk",
    "Q5284": "Bill Gates",
    "Q312556": "Jeff Bezos",
    "Q36215": "Mark Zuckerberg",
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


def others() -> Iterator[tuple[str, str, str]]:
    return ((item, name, "leader") for item, names in BESIDE.items() for name in names.split("|"))


def main(folder: Path) -> None:
    names: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for item, name, kind in [*leaders(folder), *politicians(folder), *others()]:
        names[item].append(name)
        kinds[item] = min(kind, kinds.get(item, kind), key=("leader", "congress").index)
    lines = []
    for item in sorted(names, key=lambda q: int(q[1:])):
        every = list(dict.fromkeys([*names[item], *SPELLINGS.get(item, "").split("|")]))
        lines.append("\t".join((every[0], "|".join(n for n in every[1:] if n), kinds[item], item)) + "\n")
    TABLE.write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
