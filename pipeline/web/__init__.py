"""Polite, guarded HTTP: what may go wrong between an entry and its page, and what each is called in the ledger."""

from datetime import datetime
from typing import NamedTuple

from pipeline.errors import EntryError, Failed, Refused, Rejected, Retryable, Skipped


class Reason(NamedTuple):
    """A phrase of the ledger: the error that it is, and what it says."""

    kind: type[EntryError]
    says: str


REASONS = {
    "refused scheme": Reason(Refused, "only http and https are asked"),
    "refused login in URL": Reason(Refused, "a login goes by `auth`, never in a URL"),
    "refused port": Reason(Refused, "only 80 and 443 are asked, save by `allow_hosts`"),
    "refused address": Reason(Refused, "the host is no public address, or is written so as to hide one"),
    "bad URL": Reason(Failed, "it cannot be read as one, or is longer than 8,000 characters"),
    "robots.txt disallows": Reason(Skipped, "the site asks us not to take this page"),
    "robots.txt unreachable": Reason(
        Retryable, "whether we may take the page is not known yet; what was wrong follows"
    ),
    "host unknown": Reason(Retryable, "its name has no address"),
    "host unreachable": Reason(
        Retryable, "no connection, or one that broke before an answer; the system's word follows"
    ),
    "certificate refused": Reason(Failed, "whose server it is cannot be verified"),
    "not HTTP": Reason(Failed, "the answer cannot be read as HTTP"),
    "timed out": Reason(Retryable, "connect: no connection in time; read: the answer stopped or took too long"),
    "status": Reason(
        Failed,
        "the server's answer: 404, 410 and 451 are no article; 408, 425, 429 and from 500 on are worth another try",
    ),
    "too many redirects": Reason(Failed, "more than five in a row"),
    "content type": Reason(Rejected, "it is neither page nor text; its body was not taken"),
    "body too large": Reason(Failed, "the rest was not taken"),
    "body cut short": Reason(Retryable, "less came than was promised"),
    "unknown content coding": Reason(Failed, "the body is packed in a way that nobody asked for"),
    "broken content coding": Reason(Failed, "the body cannot be unpacked"),
    "decompression bomb": Reason(Failed, "unpacked, the body is larger than what is taken"),
}
"""Every reason that the web gives for an entry without a page: a fixed phrase, then a colon and what it was about."""


def because(phrase: str, about: object = None, *, not_before: datetime | None = None) -> EntryError:
    """The error of a phrase of the table; raises KeyError for any other."""
    kind = REASONS[phrase].kind
    reason = phrase if about is None else f"{phrase}: {about}"
    return Retryable(reason, not_before=not_before) if kind is Retryable else kind(reason)
