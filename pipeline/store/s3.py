"""The store as an S3 bucket through boto3: MinIO, SeaweedFS, AWS and others that know conditional writes."""

import os
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import NotFound, StoreError, UsageError
from pipeline.store import Listed, Stored, faults
from pipeline.store.rules import check_layout, checked

TRIES = 3
"""Of a body cut short, and of a conditional write whose end is in doubt."""

ATTEMPTS = 5
"""Of one request inside boto3: where one in ten goes wrong, three would fail a run of 400 requests now and then."""

CONNECT_SECONDS, READ_SECONDS = 5, 30
CONNECTIONS = 32
"""Kept open in a process, for its threads."""


class S3Store:
    """A `Store` below a prefix of a bucket; the client is made when first used, anew in a forked process."""

    def __init__(self, url: str, *, endpoint: str | None = None, key: str | None = None, secret: str | None = None):
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise UsageError(f"not a store: {url!r}: write s3://bucket/prefix or file:///path")
        self.url = url
        self.bucket = parts.netloc
        self.prefix = f"{parts.path.strip('/')}/".lstrip("/")
        self.endpoint, self.access_key, self.secret = endpoint, key, secret
        self._client: tuple[int, Any] | None = None
        self._session: Any = None

    @property
    def client(self) -> Any:
        """boto3's client of this process: threads share one, a fork must not (it would share sockets)."""
        if self._client is None or self._client[0] != os.getpid():
            self._client = (os.getpid(), self.connect())
        return self._client[1]

    def connect(self) -> Any:
        """A client of a session of our own: boto3's default session is not safe among threads.

        What the session has read of boto3's descriptions, 70 ms of them, serves the processes that are forked later.
        """
        from boto3.session import Session
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            request_checksum_calculation="when_required",  # some S3 servers refuse boto3's newer checksums
            response_checksum_validation="when_required",
        )
        session = self._session = self._session or Session(
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret
        )
        region = session.region_name or "us-east-1"
        return session.client("s3", endpoint_url=self.endpoint, region_name=region, config=config)

    def check(self) -> None:
        check_layout(self)

    def get(self, key: str) -> Stored:
        return self.read(key)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        from botocore import exceptions as boto

        last = offset + max(length, 1) - 1  # S3 has no empty range
        try:
            return self.read(key, Range=f"bytes={offset}-{last}").body[:length]
        except StoreError as error:
            if isinstance(error.__cause__, boto.ClientError) and faults.code(error.__cause__) == "InvalidRange":
                return b""  # behind the end
            raise

    def put(self, key: str, body: bytes) -> str:
        with self.named_errors(key):
            return str(self.client.put_object(**self.at(key), Body=body)["ETag"])

    def put_new(self, key: str, body: bytes) -> bool:
        return self.write_if(key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, etag: str) -> bool:
        return self.write_if(key, body, IfMatch=etag)

    def delete(self, key: str) -> None:
        with self.named_errors(key):
            self.client.delete_object(**self.at(key))

    def keys(self, prefix: str) -> Iterator[Listed]:
        return in_order(self.listed(prefix), prefix)

    def listed(self, prefix: str) -> Iterator[Listed]:
        """In the order of the server."""
        with self.named_errors(prefix):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self.prefix)
                    yield Listed(key, found["Size"], found["ETag"], found["LastModified"])

    def table(self, name: str) -> tuple[str, dict[str, str]]:
        with self.named_errors(name):
            endpoint = self.client.meta.endpoint_url
            held = self.client._request_signer._credentials
            keys = held.get_frozen_credentials() if held else None
        options = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": self.client.meta.region_name,
            "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower(),
            "AWS_ACCESS_KEY_ID": keys and keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys and keys.secret_key,
            "AWS_SESSION_TOKEN": keys and keys.token,
            "aws_conditional_put": "etag",
        }
        return f"s3://{self.bucket}/{self.prefix}tables/{name}", {k: v for k, v in options.items() if v}

    def at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.prefix + checked(key, self.url)}

    def read(self, key: str, **how: str) -> Stored:
        """The body, asked for again where its stream was cut: boto3 tries only until the first byte."""
        from botocore import exceptions as boto

        with self.named_errors(key):
            for left in reversed(range(TRIES)):
                answer = self.client.get_object(**self.at(key), **how)
                try:
                    return Stored(answer["Body"].read(), answer["ETag"])
                except (boto.HTTPClientError, boto.IncompleteReadError):
                    if not left:
                        raise
        raise AssertionError("unreachable")

    def write_if(self, key: str, body: bytes, **condition: str) -> bool:
        """Writes under a condition; where an answer was lost, what is there decides whether it was ours."""
        from botocore import exceptions as boto

        doubt = False
        for left in reversed(range(TRIES)):
            with self.named_errors(key):
                try:
                    self.client.put_object(**self.at(key), Body=body, **condition)
                    return True
                except boto.ClientError as error:
                    if faults.refused(error):
                        return (doubt or faults.retried(error)) and self.says(key, body)
                    if not faults.passing(error) or not left:
                        raise
                except (boto.HTTPClientError, boto.ConnectionError):
                    if not left:
                        raise
            if self.says(key, body):
                return True
            doubt = True
            time.sleep(random.uniform(0, 0.2))  # noqa: S311
        raise AssertionError("unreachable")

    def says(self, key: str, body: bytes) -> bool:
        try:
            return self.get(key).body == body
        except NotFound:
            return False

    @contextmanager
    def named_errors(self, key: str) -> Iterator[None]:
        """Turns what boto3 says into our errors."""
        from botocore import exceptions as boto

        try:
            yield
        except boto.ClientError as error:
            raise faults.named(error, key, self.url, self.client.meta.endpoint_url) from error
        except (boto.ConnectionError, boto.HTTPClientError) as error:
            where = self.client.meta.endpoint_url
            raise StoreError(
                f"{self.url}: no answer from {where} ({type(error).__name__}): {faults.UNREACHABLE}"
            ) from error
        except (boto.BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
            mend = faults.MENDS.get(type(error).__name__, "correct NEWSROOM_STORE and the AWS_… variables")
            raise StoreError(f"{self.url}: {' '.join(str(error).split())}: {mend}") from error


def in_order(found: Iterable[Listed], prefix: str) -> Iterator[Listed]:
    """The keys in code point order, holding back what may have to wait.

    SeaweedFS lists folder by folder in the order of their names: "a/b" before "a-b", which S3 has the other way. So
    what lies in "a" waits until no name in the same folder can come before "a/" any more.
    """
    start, name, held = prefix.rfind("/") + 1, "", list[Listed]()
    for listed in found:
        now = listed.key[start:].split("/", 1)[0]
        if held and now != name and not (now.startswith(name) and now[len(name)] < "/"):
            yield from sorted(held)
            held = []
        if not held:
            name = now
        held.append(listed)
    yield from sorted(held)
