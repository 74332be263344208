"""What the MinIO builder decides; the build itself takes minutes and is `make minio`."""

from pathlib import Path

import pytest

from pipeline.local.build_minio import environment, new_enough, report


@pytest.mark.parametrize(
    ("said", "enough"),
    [
        ("go version go1.24.0 linux/amd64", True),
        ("go version go1.27.3 darwin/arm64", True),
        ("go version go2.0 linux/amd64", True),
        ("go version go1.19.8 linux/amd64", False),
        ("go version devel", False),
        ("", False),
    ],
)
def test_build_minio_knows_which_go_will_do(said: str, enough: bool) -> None:
    assert new_enough(said) is enough


def test_build_minio_keeps_all_of_go_in_its_folder(tmp_path: Path) -> None:
    env = environment(tmp_path, {"PATH": "/bin", "GOFLAGS": "-mod=mod", "GOPATH": "/elsewhere"})
    assert env["PATH"] == "/bin"
    assert env["GOFLAGS"] == "-mod=mod -modcacherw"
    assert {Path(env[name]).parent for name in ("GOPATH", "GOMODCACHE", "GOCACHE")} == {tmp_path}
    assert env["GOBIN"] == env["GOTMPDIR"] == str(tmp_path)


def test_build_minio_tells_errors_from_progress(capsys: pytest.CaptureFixture[str]) -> None:
    packages = [f"example.org/package{n}/v2\n" for n in range(120)]
    last = report(["go: downloading example.org/x v1.0.0\n", *packages, "x.go:1:2: undefined: y\n", "net/http\n"])
    assert last == "x.go:1:2: undefined: y"
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in shown] == [["4", "%", "50", "packages"], ["8", "%", "100", "packages"]]
    assert report([]) == "it said nothing"
