"""`make demo`: five minutes for a sceptical editor, on the demo site and a store of its own under var/demo."""

import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.config import ROOT, STATE
from pipeline.errors import NewsroomError
from pipeline.local.demo import Demo, start_demo
from pipeline.local.demo_site import moments
from pipeline.local.target import carried_out, say
from pipeline.seeds import SEEDS

FOLDER = STATE / "demo"
STORE = FOLDER / "store"
PROGRAM = Path(sys.executable).with_name("newsroom")
WALL = "/tern/business/2026/11/22/olive-oil-charts/"
SCHOOLS = "/avocet/2026/11/no-school-will-close"
STRIKE = "/tern/world/2026/11/23/ferries-stay-in-port/"
HOUSE_NOTE = "Avocet reports from eleven harbours .*"
BEFORE, AFTER = "not close a single island school", "not expect to close any island school"
PATIENCE = 120
"""Seconds that a command may take to come to where it is killed."""


class Tour:
    """What a step needs: the site, its clock, and the commands as a person would type them."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.now = moments()[0]
        (FOLDER / "sources.toml").write_text(demo.declared)

    @property
    def env(self) -> dict[str, str]:
        """That of a command, by the demo's clock."""
        return {
            **os.environ,
            "NEWSROOM_STORE": STORE.as_uri(),
            "NEWSROOM_SOURCES": str(FOLDER / "sources.toml"),
            "NEWSROOM_CONTACT": "",
            "NEWSROOM_NOW": str(self.now),
        }

    def move(self, to: datetime) -> None:
        self.demo.move(to)
        self.now = to
        say(f"The demo’s clock is at {to:%d %B, %H:%M} now.")

    def newsroom(self, *words: str, **more: str) -> None:
        """Runs the command in sight of everybody."""
        shown(f"newsroom {shlex.join(words)}")
        done = subprocess.run([PROGRAM, *words], env=self.env | more, check=False)
        if done.returncode:
            raise NewsroomError(f"newsroom {words[0]} ended with {done.returncode}")

    def shell(self, command: str) -> None:
        shown(command)
        subprocess.run(["bash", "-c", command], cwd=ROOT, check=False)

    def killed(self) -> None:
        """An ingest that dies while it annotates."""
        shown("newsroom ingest        # and, in another terminal, kill -9")
        before = set(STORE.glob("work/*/*.clean.jsonl"))
        command = subprocess.Popen([PROGRAM, "ingest"], env=self.env, stderr=subprocess.DEVNULL)
        ends = time.monotonic() + PATIENCE
        while set(STORE.glob("work/*/*.clean.jsonl")) == before and command.poll() is None and time.monotonic() < ends:
            time.sleep(0.02)
        command.kill()
        say(f"Killed: exit status {command.wait()}.")


def a_wall(tour: Tour) -> None:
    """1. A consent wall is named instead of landed"""
    say("Three newspapers, 27 entries. Not every page behind them is an article.")
    tour.newsroom("ingest")
    say("Some pages were answered with status 200 and hold no article. What became of this one?")
    tour.newsroom("why", tour.demo.url + WALL)


def a_quote(tour: Tour) -> None:
    """2. A quote is altered in silence"""
    say("Pages are looked at again after 1 h, 6 h, 24 h and 3 days. Six hours later the feeds say nothing new …")
    tour.move(moments()[0] + timedelta(hours=6, minutes=30))
    tour.newsroom("ingest")
    say("… but one page says something else, and still bears its old date.")
    tour.newsroom("diff", tour.demo.url + SCHOOLS)
    say("Is it so? What came over the wire lies in the store, as WARC, for any tool to read:")
    tour.shell(
        f"for file in {STORE.relative_to(ROOT)}/raw/*/*.warc.gz; do zcat $file | grep -a -o -m1 "
        f"-e '{BEFORE}' -e '{AFTER}' | sed \"s|^|$(basename $file)  |\"; done"
    )


def a_death(tour: Tour) -> None:
    """3. A worker is killed, and the sums are still right"""
    tour.move(moments()[1])
    tour.killed()
    tour.now += timedelta(minutes=5)
    tour.newsroom("runs")
    say("The run is open: what it had taken up waits for it. Whoever comes next may close it:")
    tour.newsroom("ingest", "--take-over")
    tour.newsroom("runs")
    tour.newsroom("why", tour.demo.url + STRIKE)


def a_rule(tour: Tour) -> None:
    """4. A rule of the cleaner is changed, and a day is replayed without a fetch"""
    say("Avocet puts a line of its own into its stories. One more row of a table, one more edition.")
    house = changed_house()
    tour.shell(f"diff -u0 -r {SEEDS.relative_to(ROOT)}/tables {(house / 'seeds/tables').relative_to(ROOT)} | tail -1")
    tour.demo.process.stop()
    say("The newspapers are switched off now: whatever happens, nothing is fetched.")
    changed = {"PYTHONPATH": str(house)}
    tour.newsroom("replay", "--date", "2026-11-22", "--dry-run", **changed)
    tour.newsroom("replay", "--date", "2026-11-22", **changed)
    say("And once more:")
    tour.newsroom("replay", "--date", "2026-11-22", **changed)
    say("The change of the quote is still the newspaper’s own, and the line is no change at all:")
    tour.newsroom("diff", tour.demo.url + SCHOOLS, **changed)


def changed_house() -> Path:
    """A copy of the house with one more row of furniture, and the number of its rules raised."""
    house = FOLDER / "house"
    for part in ("pipeline", "seeds"):
        shutil.copytree(ROOT / part, house / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (house / "seeds/tables/furniture.tsv").open("a", encoding="utf-8") as table:
        table.write(f"{HOUSE_NOTE}\tAvocet's line about itself\n")
    rules = house / "pipeline/clean/rules.py"
    code = rules.read_text(encoding="utf-8")
    rules.write_text(re.sub(r"^RULES = (\d+)", lambda m: f"RULES = {int(m[1]) + 1}", code, flags=re.MULTILINE))
    return house


def the_cost(tour: Tour) -> None:
    """5. What it cost"""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    documents = len(list(STORE.glob("documents/*/*/*.json")))
    say(f"{used.ru_utime + used.ru_stime:.0f} s of one core for all of the above, models loaded anew each time;")
    say(f"{documents} documents, and in the store:")
    for part in sorted(path for path in STORE.iterdir() if path.is_dir()):
        files = [path for path in part.rglob("*") if path.is_file()]
        say(f"  {part.name:<10} {len(files):5} objects {sum(path.stat().st_size for path in files) / 1000:8.0f} kB")
    say("`make bench` says what a document costs, step by step. All of this lies in var/demo: look around.")


STEPS = (a_wall, a_quote, a_death, a_rule, the_cost)


def tour(running: ExitStack) -> None:
    """Takes one step after the other."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    guide = Tour(running.enter_context(start_demo(FOLDER)))
    for step in STEPS:
        say(f"\n\033[1m{step.__doc__}\033[0m\n" if sys.stdout.isatty() else f"\n{step.__doc__}\n")
        step(guide)
        pause()


def shown(command: str) -> None:
    say(f"\n$ {command}")


def pause() -> None:
    """Until Enter, where somebody watches."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        input("\n[Enter] ")


if __name__ == "__main__":
    sys.exit(carried_out("make demo", tour))
