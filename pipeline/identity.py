"""What makes two URLs one article, and two texts one version; `newsroom.json` holds the number of these rules."""

import hashlib
import re
import string
from collections.abc import Sequence
from fnmatch import translate
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin

import msgspec

from pipeline import seeds

UNRESERVED = string.ascii_letters + string.digits + "-._~"  # RFC 3986, section 2.3
PATH_SAFE = UNRESERVED + "!$&'()*+,;=:@/"
QUERY_SAFE = UNRESERVED + "!$'()*+,;=:@/?"
LONGEST_HOST = 253  # RFC 1035; IDNA of a longer one is work for nothing

# People and feeds write `http:\\host`, `http:/host`, `http://http://host`, or no scheme; browsers forgive it.
WEB = re.compile(r"(?:https?:[/\\]*)+|[/\\]{2,}", re.IGNORECASE)
OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+-]*:", re.IGNORECASE)
IPV6 = re.compile(r"\[[0-9a-f:.]+\]")
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%|[^%]+")
EDGES = "".join(map(chr, range(0x21))) + "<>"  # what the URL standard strips, and the brackets of mail and old WARC

SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jsp|jspx|cfm|cgi|pl|do)$", re.IGNORECASE)
SECTION = re.compile(  # one plain word ("/world", "/index.html", "/en/sport"), or what lists by a name
    r"(?:/[a-z]{2}(?:-[a-z]{2})?)?/[a-z]*(?:\.[a-z]{3,4})?|.*/(?:tag|category|section|topic|author|search)s?(?:/[^/]*)?",
    re.IGNORECASE,
)
SAME_ARTICLE = re.compile(
    r"(?:/(?:amp|print|printable|full|all|single|mobile|page|comments?|gallery|photos?|\d{1,3}))+"
)


class Parts(NamedTuple):
    """A web address taken apart: host with its port, path with dots resolved, parameters without tracking."""

    scheme: str
    host: str
    path: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        query = "?" + "&".join(self.parameters) if self.parameters else ""
        return f"{self.scheme}://{self.host}{self.path}{query}"


def normalise(url: str) -> str:
    """The one form of all URLs that are the same address; what is no web address comes back as it is, trimmed.

    `http` and `https`, with and without `www.`, a trailing slash, default ports, fragments, tracking, the order of
    parameters and the coding of characters make no difference. Never raises; doing it twice changes nothing.
    """
    parts = take_apart(url)
    if parts is None:
        return url.strip(EDGES)
    path, parameters = parts.path.rstrip("/") or "/", tuple(sorted(parts.parameters))
    return str(parts._replace(scheme="http", host=_bare(parts.host), path=path, parameters=parameters))


def article_url(final_url: str, canonical: str | None) -> str:
    """The URL of an article: the last one after redirects, or the page's own `rel=canonical` where it may be believed.

    It is believed on the same registrable domain, and where it is no home or section page. Fragment and tracking are
    off; the rest is as the publisher writes it.
    """
    final = take_apart(final_url)
    if final is None:
        return final_url.strip(EDGES)
    chosen = take_apart(_join(final_url, canonical or ""))
    if chosen and same_site(final.host, chosen.host) and not is_section(chosen, final):
        return str(chosen)
    return str(final)


def article_id(url: str) -> str:
    """20 hex digits that name the article of a URL."""
    return _hex(normalise(url), 20)


def path_id(path: str) -> str:
    """20 hex digits for an article without URL, from its path below the root of its archive."""
    return _hex(f"path:{path}", 20)


def content_id(*said: str) -> str:
    """20 hex digits for an article that has neither URL nor path, from what it says."""
    return _hex("content:" + "\0".join(map(_folded, said)), 20)


def version_of(title: str | None, text: str, authors: Sequence[str], access: str, rights: dict[str, str]) -> str:
    """16 hex digits over what a reader would call a change; white space is none."""
    kept = sorted((name, _folded(value)) for name, value in rights.items())
    said = (_folded(title or ""), _folded(text), [_folded(author) for author in authors], access, kept)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def capture_of(record: str) -> str:
    """8 hex digits that name a capture, from its WARC record id."""
    return _hex(record.strip(EDGES), 8)


def same_site(one: str, other: str) -> bool:
    """Whether two hosts are one, or lie under one registrable domain of the public suffix list, private section too."""
    if _bare(one) == _bare(other):
        return True
    domain = registrable(one.partition(":")[0])
    return domain is not None and domain == registrable(other.partition(":")[0])


@lru_cache(maxsize=4096)
def registrable(host: str) -> str | None:
    """The domain that somebody registered (`example.co.uk`, `somebody.github.io`); None for addresses and suffixes."""
    from tld import get_fld

    if "." not in host or host.startswith("[") or host.rpartition(".")[2].isdigit():
        return None
    # The list's own default for a top level that it does not know is a suffix of one label.
    found: str | None = get_fld(f"http://{host}", fail_silently=True, search_private=True)
    return found or ".".join(host.split(".")[-2:])


def take_apart(url: str) -> Parts | None:
    """The parts of a web address, however it is written; None for other schemes and for what has no host."""
    url = re.sub(r"[\t\r\n]", "", url).strip(EDGES)
    web = WEB.match(url)
    if web is None and (OTHER_SCHEME.match(url) or url.startswith(("/", "?", "#")) or "." not in url.split("/")[0]):
        return None
    rest = url[web.end() :] if web else url
    authority, path, query = _cut(rest)
    host = _host(authority)
    if host.partition(":")[0] in ("", "http", "https"):
        return None
    scheme = "https" if web and re.search(r"https:[/\\]*$", web[0], re.IGNORECASE) else "http"
    return Parts(scheme, host, _path(path), tuple(_parameters(query)))


def _cut(rest: str) -> tuple[str, str, str]:
    """Authority, path and query of what follows the scheme; user, password and fragment are dropped."""
    address, _, query = rest.partition("#")[0].partition("?")
    authority, slash, path = address.replace("\\", "/").partition("/")
    return authority.rpartition("@")[2], slash + path, query


def _host(authority: str) -> str:
    host, colon, port = authority.rpartition(":")
    if not (colon and re.fullmatch("[0-9]*", port)):
        host, port = authority, ""
    host = re.sub("[.。．｡]+", ".", unquote(host.strip(":"))).strip(".")
    host, number = _ascii(host).strip("."), port.lstrip("0")
    return host if number in ("", "80", "443") or not host else f"{host}:{number}"


def _ascii(host: str) -> str:
    """Lower case, IDNA by the rules that browsers use; where a name has none, percent-coded."""
    import idna

    host = host.lower()
    if IPV6.fullmatch(host):
        return host
    if not host.isascii() and len(host) <= LONGEST_HOST:
        try:
            return idna.encode(host, uts46=True).decode()
        except UnicodeError:  # which idna's own errors are
            pass
    return quote(host, safe=UNRESERVED, errors="replace")


def _bare(host: str) -> str:
    return re.sub(r"^(?:www\.)+(?=.*\.)", "", host)


def _path(path: str) -> str:
    """Percent-coding in its one form, and `.` and `..` resolved."""
    kept = list[str]()
    segments = _coded(path, PATH_SAFE).split("/")[1:] or [""]
    for segment in segments:
        if segment == ".." and kept:
            kept.pop()
        elif segment not in (".", ".."):
            kept.append(segment)
    if segments[-1] in (".", "..") or not kept:
        kept.append("")
    return "/" + "/".join(kept)


def _parameters(query: str) -> list[str]:
    """The parameters that say what the page is, in their order."""
    found = []
    for parameter in query.split("&"):
        coded = _coded(parameter, QUERY_SAFE).replace("%20", "+")
        while coded.startswith("amp;"):  # left over from HTML
            coded = coded[4:]
        if coded and not _is_tracking(coded.partition("=")[0]):
            found.append(coded)
    return found


def _is_tracking(name: str) -> bool:
    return bool(_tracking().fullmatch(unquote(name).lower()))


@cache
def _tracking() -> re.Pattern[str]:
    return re.compile("|".join(map(translate, seeds.lines("tracking_parameters.txt"))))


def _coded(text: str, safe: str) -> str:
    """Every character in its one percent-coded form: plain where it may be, else UTF-8 in capitals."""

    def one(match: re.Match[str]) -> str:
        if match[1]:
            char = chr(int(match[1], 16))
            return char if char in UNRESERVED else match[0].upper()
        return quote(match[0], safe=safe, errors="surrogatepass")

    return ESCAPE.sub(one, text)


def _join(base: str, reference: str) -> str:
    try:
        return urljoin(base.strip(EDGES), reference.strip(EDGES))
    except ValueError:
        return ""


def is_section(chosen: Parts, final: Parts) -> bool:
    """Whether a canonical, or the end of a redirect, names less than the page: home, section, bare script."""
    path, own = chosen.path.rstrip("/"), final.path.rstrip("/")
    if chosen.parameters:
        return False
    if path == own:
        return bool(final.parameters) and (not path or bool(SCRIPT.search(path)))
    above = own.startswith(path + "/") and not SAME_ARTICLE.fullmatch(own[len(path) :])
    return above or bool(SECTION.fullmatch(chosen.path))


def _folded(text: str) -> str:
    return " ".join(text.split())


def _hex(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
