"""Sets .venv up from the lock files: `python3 pipeline/local/install.py [--tests]`.

Runs before anything is installed, under whatever Python calls it: the standard library alone, and no new syntax.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
SUITABLE = ((3, 11), (3, 12), (3, 13))
ROOM = 3 * 2**30  # bytes: the environment takes 1.4 GB, a download cache as much again
USED = ["requirements.txt"]
TESTED = ["requirements.txt", "requirements-dev.txt", "requirements-docker.txt"]


def main(arguments):
    """Installs unless what is wanted is there already; answers the exit status."""
    if sys.version_info[:2] not in SUITABLE:
        return other_python(arguments)
    locks = TESTED if "--tests" in arguments else USED
    if installed(TESTED) or installed(locks):
        return 0
    try:
        install(locks)
    except (OSError, subprocess.CalledProcessError) as error:
        return stop(f"the installation failed ({error}): the lines above say why; run it again to go on")
    return 0


def other_python(arguments):
    """Goes on under a suitable Python of the PATH."""
    for version in reversed(SUITABLE):
        found = shutil.which("python{}.{}".format(*version))
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return subprocess.call([found, __file__, *arguments])
    return stop(
        "Newsroom needs Python 3.11, 3.12 or 3.13, and {} is {}.{}: install one, or name one: make run PYTHON=…".format(
            sys.executable, *sys.version_info[:2]
        )
    )


def install(locks):
    """The virtual environment, the installer, what the lock files name, and Newsroom itself."""
    free = shutil.disk_usage(str(ROOT)).free
    if free < ROOM:
        raise OSError(f"{free / 2**30:.1f} GB are left on the disk of {ROOT}, and 3 are needed")
    say("Setting up .venv with Python {}.{}: a minute or two, once.".format(*sys.version_info[:2]))
    make_venv()
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "--require-hashes", "-r", str(ROOT / "requirements-install.txt")])
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", python, "--no-deps"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    listed = [part for lock in locks for part in ("-r", str(ROOT / lock))]
    subprocess.check_call([*uv, "--require-hashes", "--compile-bytecode", *listed], env=environment)
    subprocess.check_call([*uv, "--no-build-isolation", "--editable", str(ROOT)], env=environment)
    stamp(locks).write_text(wanted(locks))


def make_venv():
    """A fresh environment where there is none, or one of another Python."""
    if (VENV / "lib" / "python{}.{}".format(*sys.version_info[:2]) / "site-packages" / "pip").exists():
        return
    try:
        import ensurepip  # noqa: F401 - Debian keeps it in a package of its own
    except ImportError:
        raise OSError(
            "Python's venv module is missing: apt-get install python{}.{}-venv, or what your system calls it".format(
                *sys.version_info[:2]
            )
        ) from None
    subprocess.check_call([sys.executable, "-m", "venv", "--clear", str(VENV)])


def stamp(locks):
    return VENV / ("installed-" + "-".join(lock.split(".")[0] for lock in locks))


def wanted(locks):
    """Digest of what is to be installed, and where."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in [*locks, "requirements-install.txt", "pyproject.toml"]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed(locks):
    try:
        return stamp(locks).read_text() == wanted(locks)
    except OSError:
        return False


def say(line):
    print(line, flush=True)


def stop(line):
    """One line for the person, and the exit status."""
    print("newsroom: " + line, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
