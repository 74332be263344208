"""Servers as children: ready, stopped, and gone with whoever started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipeline.errors import NewsroomError
from pipeline.local.processes import Process

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"


def eventually(true: Callable[[], bool]) -> bool:
    for _ in range(400):
        if true():
            return True
        time.sleep(0.02)
    return False


def test_process_runs_until_it_is_stopped(tmp_path: Path) -> None:
    process = Process.start("clock", ["sleep", "99"], tmp_path / "logs" / "clock.log")
    process.require_running()
    process.stop()
    process.stop()
    assert process.popen.returncode == -signal.SIGTERM


def test_process_that_ends_at_once_says_why(tmp_path: Path) -> None:
    process = Process.start("bad", [sys.executable, "-c", "print('no disk\\n'); exit(3)"], tmp_path / "bad.log")
    with process, pytest.raises(NewsroomError, match=r"bad has ended \(status 3\): no disk \(log: .*bad\.log\)"):
        process.wait_until(lambda: False, 30)


def test_process_keeps_the_log_before(tmp_path: Path) -> None:
    for said in ("one", "two"):
        assert Process.start("echo", ["echo", said], tmp_path / "echo.log").wait() == 0
    assert (tmp_path / "echo.log").read_text() == "two\n"
    assert (tmp_path / "echo.log.1").read_text() == "one\n"


def test_process_that_is_never_ready_is_stopped(tmp_path: Path) -> None:
    process = Process.start("slow", ["sleep", "99"], tmp_path / "slow.log")
    with pytest.raises(NewsroomError, match="slow is not ready after 0 s"), process:
        process.wait_until(lambda: False, 0.1)
    assert process.popen.returncode == -signal.SIGTERM


def test_process_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NewsroomError, match=r"ghost cannot be started: .*No such file"):
        Process.start("ghost", [tmp_path / "ghost"], tmp_path / "ghost.log")


def test_process_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    process = Process.start("mule", [sys.executable, "-c", STUBBORN], tmp_path / "mule.log", stop_seconds=0.1)
    process.wait_until(lambda: process.last_words().startswith("up"), 30)
    process.stop()
    assert process.popen.returncode == -signal.SIGKILL


FAMILY = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("child", subprocess.Popen(["sleep", "99"], start_new_session=True).pid, flush=True)
time.sleep(99)
"""


def test_process_that_is_killed_leaves_no_child_in_a_session_of_its_own(tmp_path: Path) -> None:
    process = Process.start("clan", [sys.executable, "-c", FAMILY], tmp_path / "clan.log", stop_seconds=0.1)
    process.wait_until(lambda: process.last_words().startswith("child"), 30)
    child = psutil.Process(int(process.last_words().split()[1]))
    process.stop()
    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_process_that_somebody_killed_leaves_no_worker_of_its_group(tmp_path: Path) -> None:
    code = "import subprocess, time; print(subprocess.Popen(['sleep', '99']).pid, flush=True); time.sleep(99)"
    process = Process.start("parent", [sys.executable, "-c", code], tmp_path / "parent.log")
    assert eventually(lambda: (tmp_path / "parent.log").read_text().strip() != "")
    worker = psutil.Process(int((tmp_path / "parent.log").read_text()))
    os.kill(process.popen.pid, signal.SIGKILL)
    process.popen.wait()
    assert worker.is_running()
    process.stop()
    assert eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_process_runs_once(tmp_path: Path) -> None:
    process = Process.start("one", ["sleep", "99"], tmp_path / "one.log")
    with pytest.raises(NewsroomError, match="one is running already"):
        Process.start("one", ["sleep", "99"], tmp_path / "one.log")
    process.require_running()
    process.stop()
    Process.start("one", ["sleep", "99"], tmp_path / "one.log").stop()


LAUNCHER = """
import sys, time
from pathlib import Path
from pipeline.local.processes import Process
print(Process.start("orphan", ["sleep", "98"], Path(sys.argv[1])).popen.pid, flush=True)
time.sleep(99)
"""


@LINUX
def test_process_does_not_outlive_a_killed_launcher(tmp_path: Path) -> None:
    words = [sys.executable, "-c", LAUNCHER, tmp_path / "orphan.log"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        assert psutil.pid_exists(pid)
        launcher.kill()
    assert eventually(lambda: not psutil.pid_exists(pid))
    Process.start("orphan", ["sleep", "98"], tmp_path / "orphan.log").stop()


def started(process: "subprocess.Popen[bytes]") -> float:
    return float(psutil.Process(process.pid).create_time())


def test_process_ends_what_a_killed_run_left(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "97"])
    (tmp_path / "it.pid").write_text(f"{left.pid} {started(left)}\n")
    with Process.start("it", ["sleep", "97"], tmp_path / "it.log") as process:
        assert not psutil.pid_exists(left.pid)
        process.require_running()
    left.wait()


@pytest.mark.parametrize("said", ["{pid} 1234.5\n", "{pid}\n", "{pid}", "", "nonsense\n\n\n", "999999999 {began}\n"])
def test_process_spares_strangers(tmp_path: Path, said: str) -> None:
    stranger = subprocess.Popen(["sleep", "96"])
    (tmp_path / "it.pid").write_text(said.format(pid=stranger.pid, began=started(stranger)))
    Process.start("it", ["sleep", "95"], tmp_path / "it.log").stop()
    assert stranger.poll() is None
    stranger.terminate()
    stranger.wait()


def test_process_hears_no_ctrl_c_of_the_terminal(tmp_path: Path) -> None:
    process = Process.start("quiet", ["sleep", "99"], tmp_path / "quiet.log")
    assert os.getpgid(process.popen.pid) != os.getpgid(0)
    process.stop()
