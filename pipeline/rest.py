"""Airflow's REST interface, as far as we use it: a token, a call, and the pools that our DAGs need."""

import json
import os
import urllib.error
import urllib.request
from typing import Any

CORES = os.cpu_count() or 1
POOLS = {"newsroom_web": 8, "newsroom_cpu": CORES, "newsroom_archive": CORES}
"""Slots: fetching waits for others, so several batches may; the rest needs a core each. An archive has slots of its
own, so that no live run waits for it."""


def token(url: str, login: tuple[str, str] | None) -> str:
    """A token of the Airflow at a URL; without a login it gives one to anybody."""
    user = dict(zip(("username", "password"), login, strict=True)) if login else None
    found: str = call("POST" if user else "GET", f"{url}/auth/token", user)["access_token"]
    return found


def call(method: str, url: str, body: Any = None, token: str | None = None) -> Any:
    """One request, past any proxy; raises `OSError` with what was answered where it was refused."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the URL is ours
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:  # its first task costs a server seconds of its core
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise OSError(f"{method} {url}: {error.code} {error.read(300).decode(errors='replace')}") from None
