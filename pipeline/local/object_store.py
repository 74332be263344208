"""The local S3 server: MinIO where it was built or is on the PATH, else SeaweedFS from its wheel."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import NewsroomError, StoreError
from pipeline.local.ports import answers, free_port
from pipeline.local.private import kept
from pipeline.local.processes import Process
from pipeline.seeds import SEEDS
from pipeline.store.s3 import S3Store

BUILT_MINIO = SEEDS.parent / "var" / "minio" / "minio"
BUCKET = "newsroom"
CREDENTIALS = "object_store.json"
READY_SECONDS = 60

Kind = Literal["minio", "seaweedfs"]


@dataclass(frozen=True)
class ObjectStore:
    """A running S3 server on loopback, with its bucket made; `console_url` is where a person sees what lies in it."""

    name: Kind
    endpoint: str
    key: str
    secret: str
    bucket: str
    process: Process
    console_url: str

    @property
    def browse(self) -> str:
        """Address of a page that shows a key, with `{key}` where that goes."""
        folder = "browser" if self.name == "minio" else "buckets"
        return f"{self.console_url}/{folder}/{self.bucket}/{{key}}"

    @property
    def connection(self) -> str:
        """An Airflow connection, for the environment."""
        extra = {"endpoint_url": self.endpoint, "region_name": "us-east-1"}
        return json.dumps({"conn_type": "aws", "login": self.key, "password": self.secret, "extra": extra})

    def store(self, prefix: str = "") -> S3Store:
        """The store in its bucket."""
        url = f"s3://{self.bucket}/{prefix}".rstrip("/")
        return S3Store(url, endpoint=self.endpoint, key=self.key, secret=self.secret)


def minio() -> Path | None:
    """The MinIO of `make minio`, else that of the PATH."""
    found = BUILT_MINIO if BUILT_MINIO.exists() else shutil.which("minio")
    return Path(found) if found else None


def weed() -> Path | None:
    """SeaweedFS beside this Python, where its wheel puts it, else that of the PATH."""
    found = shutil.which("weed", path=Path(sys.executable).parent) or shutil.which("weed")
    return Path(found) if found else None


@contextmanager
def start_object_store(state: Path, kind: Kind | None = None) -> Iterator[ObjectStore]:
    """The server, once its bucket takes writes; data, credentials and log lie in `state`.

    Without `kind` it is MinIO where there is one. Raises `NewsroomError` with one line that says what to mend.
    """
    state = state.absolute()
    kind = kind or ("minio" if minio() else "seaweedfs")
    find, start, mend = SERVERS[kind]
    program = find()
    if program is None:
        raise NewsroomError(f"{kind} is not installed: run `{mend}`")
    key, secret = credentials(state)
    port, console = free_port(state, "store"), free_port(state, "console")
    (state / kind).mkdir(exist_ok=True)
    url, console_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{console}"
    try:
        with start(program, state, port, console) as process:
            store = ObjectStore(kind, url, key, secret, BUCKET, process, console_url)
            process.wait_until(lambda: answers(port) and writable(store.store()), READY_SECONDS)
            yield store
    finally:
        ours = json.loads((state / "ports.json").read_text()).values()
        for left in Path("/tmp").glob("seaweedfs-*.sock"):  # noqa: S108 - where SeaweedFS has them, and leaves them
            if int(left.stem.rpartition("-")[2]) in ours:
                left.unlink(missing_ok=True)


def start_minio(program: Path, state: Path, port: int, console: int) -> Process:
    key, secret = credentials(state)
    # An environment of its own: none of the caller's MINIO_… settings, and no question to dl.min.io for updates.
    env = {"HOME": str(state), "MINIO_ROOT_USER": key, "MINIO_ROOT_PASSWORD": secret, "MINIO_UPDATE": "off"}
    at = ["--address", f"127.0.0.1:{port}", "--console-address", f"127.0.0.1:{console}"]
    return Process.start(
        "minio", [program, "server", "--quiet", state / "minio", *at], state / "logs" / "minio.log", env=env
    )


def start_weed(program: Path, state: Path, port: int, console: int) -> Process:
    flags: dict[str, object] = {"dir": state / "seaweedfs", "filer": "true", "s3": "true", "s3.port": port}
    flags |= {"ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": state / CREDENTIALS}
    flags |= {"filer.port": console, "s3.port.iceberg": 0, "s3.port.lance": 0, "master.electionTimeout": "1s"}
    flags |= {"master.telemetry": "false"}  # else it reports to its makers
    # gRPC would listen 10000 above its part, where the system gives ports to clients.
    for part in ("master", "master.grpc", "volume", "volume.grpc", "filer.grpc", "s3.grpc"):
        name, _, grpc = part.partition(".")
        flags[f"{name}.port{grpc and '.grpc'}"] = free_port(state, f"seaweedfs-{part}")
    words = ["server", *(f"-{flag}={value}" for flag, value in flags.items())]
    env = {"HOME": str(state), "PATH": os.defpath}
    log = state / "logs" / "seaweedfs.log"
    # It waits 15 s for streams of its own; what it has answered is in the system's hands before.
    return Process.start("seaweedfs", [program, *words], log, env=env, stop_seconds=2)


SERVERS: dict[Kind, tuple[Callable[[], Path | None], Callable[[Path, Path, int, int], Process], str]] = {
    "minio": (minio, start_minio, "make minio"),
    "seaweedfs": (weed, start_weed, "make install"),
}
"""How each is found and started, and what installs it."""


def writable(store: S3Store) -> bool:
    """The bucket is there (made now where it was not) and takes a write."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if not any(found["Name"] == store.bucket for found in store.client.list_buckets()["Buckets"]):
            store.client.create_bucket(Bucket=store.bucket)
        store.check()
    except (BotoCoreError, ClientError, StoreError):
        return False
    return True


def credentials(state: Path) -> tuple[str, str]:
    """Access key and secret: made at the first start and kept, in SeaweedFS's form, for the owner's eyes alone."""

    def draw() -> str:
        keys = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_hex(20)}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return json.dumps({"identities": [{"name": "newsroom", "credentials": [keys], "actions": actions}]})

    found = json.loads(kept(state / CREDENTIALS, draw))["identities"][0]["credentials"][0]
    return found["accessKey"], found["secretKey"]
