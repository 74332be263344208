"""What an S3 server refuses or fails at, told from its answers, and what mends it."""

from typing import Any

from pipeline.errors import NotFound, StoreError, StoreFull

NO_KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
WRONG_KEYS = "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
MENDS = {
    "NoSuchBucket": "create the bucket, or correct NEWSROOM_STORE",
    "InvalidBucketName": "correct NEWSROOM_STORE",
    "InvalidAccessKeyId": WRONG_KEYS,
    "SignatureDoesNotMatch": WRONG_KEYS,
    "InvalidToken": WRONG_KEYS,
    "ExpiredToken": "renew the credentials",
    "AccessDenied": "let these credentials list, read, write and delete there, or correct them",
    "AuthorizationHeaderMalformed": "set AWS_DEFAULT_REGION to the bucket's region",
    "PermanentRedirect": "set AWS_DEFAULT_REGION to the bucket's region",
    "RequestTimeTooSkewed": "set this machine's clock",
    "NoCredentialsError": NO_KEYS,
    "PartialCredentialsError": NO_KEYS,
}
UNREACHABLE = "start the store (`make run` does), or correct AWS_ENDPOINT_URL"
FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "XMinioDiskFull", "InsufficientStorage"}


def named(error: Any, key: str, url: str, endpoint: str) -> StoreError:
    """Our error for boto3's `ClientError` at a key of the store `url`."""
    said = code(error)
    if said in ("NoSuchKey", "404"):
        return NotFound(f"{url}: no {key}")
    if is_full(error):
        return StoreFull(f"{url}: no room is left for {key} ({said}): free some, or use another store")
    mend = MENDS.get(said, "see the log of the store")
    return StoreError(f"{url}: {said} at {endpoint} ({key or 'listing'}): {mend}")


def code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", "?"))


def status(error: Any) -> int:
    return int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0))


def is_full(error: Any) -> bool:
    return status(error) == 507 or code(error) in FULL


def retried(error: Any) -> bool:
    """boto3 had sent the request before, so an earlier try of it may have been done."""
    return bool(error.response["ResponseMetadata"].get("RetryAttempts"))


def refused(error: Any) -> bool:
    """The condition did not hold (412), or there was nothing to replace (404 on MinIO)."""
    return status(error) == 412 or code(error) == "NoSuchKey"


def passing(error: Any) -> bool:
    """Worth another try: a 409 (AWS's ConditionalRequestConflict) or a fault of the server, but not a full one."""
    return status(error) == 409 or (status(error) >= 500 and not is_full(error))
