"""Writes docker/.env, the secrets of compose.yaml, unless it is there: `make docker/.env`. Its owner alone reads it."""

import base64
import os
import secrets
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / ".env"
NEEDED = {
    "POSTGRES_PASSWORD": lambda: secrets.token_hex(24),
    "REDIS_PASSWORD": lambda: secrets.token_hex(24),
    "MINIO_USER": lambda: "newsroom",
    "MINIO_PASSWORD": lambda: secrets.token_hex(24),
    "ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    "FERNET_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "API_SECRET_KEY": lambda: secrets.token_hex(32),
    "JWT_SECRET": lambda: secrets.token_hex(64),
}

if __name__ == "__main__":
    try:
        descriptor = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.exit(0)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={draw()}\n" for name, draw in NEEDED.items())
    print(f"{FILE} holds new secrets; the login of Airflow is admin, with ADMIN_PASSWORD from there")
