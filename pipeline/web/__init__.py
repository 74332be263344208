"""Polite, guarded HTTP: what may go wrong between an entry and its page, and what each is called in the ledger."""

from datetime import datetime

from pipeline.errors import EntryError, Failed, Refused, Rejected, Retryable, Skipped

LONGEST_URL = 8_000
"""Characters; web servers refuse longer request lines (RFC 9110, 4.1)."""

REASONS: dict[str, type[EntryError]] = {
    "refused scheme": Refused,  # only http and https are asked
    "refused login in URL": Refused,  # a login goes by `auth`, never in a URL
    "refused port": Refused,  # only 80 and 443 are asked, save by `allow_hosts`
    "refused address": Refused,  # the host is no public address, or is written so as to hide one
    "bad URL": Failed,  # it cannot be read as one, or is longer than LONGEST_URL
    "robots.txt disallows": Skipped,  # the site asks us not to take this page
    "robots.txt unreachable": Retryable,  # whether we may take the page is not known yet; what was wrong follows
    "host unknown": Retryable,  # its name has no address
    "host unreachable": Retryable,  # no connection, or one that broke before an answer; the system's word follows
    "certificate refused": Failed,  # whose server it is cannot be verified
    "not HTTP": Failed,  # the answer cannot be read as HTTP
    "timed out": Retryable,  # connect: no connection in time; read: the answer stopped or took too long
    "status": Failed,  # the server's answer; `verdict` tells which are no article or worth another try
    "too many redirects": Failed,  # more than five in a row
    "content type": Rejected,  # it is neither page nor text; its body was not taken
    "body too large": Failed,  # the rest was not taken
    "body cut short": Retryable,  # less came than was promised
    "unknown content coding": Failed,  # the body is packed in a way that nobody asked for
    "broken content coding": Failed,  # the body cannot be unpacked
    "decompression bomb": Failed,  # unpacked, the body is larger than what is taken
}
"""Every reason that the web gives for an entry without a page: a fixed phrase, then a colon and what it was about."""


def because(phrase: str, about: object = None, *, not_before: datetime | None = None) -> EntryError:
    """The error of a phrase of the table; raises KeyError for any other."""
    kind = REASONS[phrase]
    reason = phrase if about is None else f"{phrase}: {about}"
    return Retryable(reason, not_before=not_before) if kind is Retryable else kind(reason)
