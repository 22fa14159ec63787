"""What an account says of itself: that another account, on another platform, is its owner's too.

Known today: what people write ("same name on Mastodon", "I am @ana on Bluesky"), the address a source gives for an
author, and on Mastodon the links of the profile, with those the server verified (rel=me). No other source hands us a
profile's words or links, so a proof that stands only there cannot be known yet.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

Named = tuple[str, str | None]
"""A source and a handle there as it was written; None: the same handle as here."""

_SOURCES = {
    "x": "x",
    "twitter": "x",
    "bluesky": "bluesky",
    "bsky": "bluesky",
    "mastodon": "mastodon",
    "reddit": "reddit",
    "hacker news": "hacker_news",
    "hn": "hacker_news",
}
_PLATFORM = rf"({'|'.join(_SOURCES)})"
_HANDLE = r"(?:@|/?u/)(\w[\w.-]{1,62}(?:@[\w.-]{3,100})?)"
"""With its sign: "I am furious on Twitter" names nobody."""
_SAME = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bsame (?:user ?name|name|handle|nick)(?: here| there)?(?:,)?(?: as)?(?: me)? (?:over )?on {_PLATFORM}\b",
        rf"\b{_PLATFORM}['’]?(?:t|d)[ea](?: de| da)? (?:de |da )?aynı (?:isim|ad|kullanıcı adı)",
        rf"\b(?:ίδιο|ιδιο) (?:όνομα|ονομα) (?:και )?στο {_PLATFORM}\b",
        rf"\bnama (?:yang )?sama di {_PLATFORM}\b",
    )
)
_NAMED = re.compile(rf"\b(?:i am|i['’]m|find me as|follow me as|it['’]s me,) {_HANDLE} (?:over )?on {_PLATFORM}\b")
_MINE = re.compile(rf"\bmy {_PLATFORM}(?: (?:account|handle|profile|name))?(?: is|:)? ?{_HANDLE}")
_MY_LINK = re.compile(
    rf"\bmy (?:account|profile|page|{_PLATFORM})(?: (?:account|profile|page))?(?: on {_PLATFORM})?(?: is)?[ :]{{1,3}}"
    r"(?P<link>https?://\S{4,300})"
)
_HREF = re.compile(r'href="([^"]{4,1000})"')

_PROFILES: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("x", ("x.com", "twitter.com", "mobile.twitter.com"), re.compile(r"/@?(\w{1,30})/?")),
    ("bluesky", ("bsky.app",), re.compile(r"/profile/([\w.-]{3,253})/?")),
    ("reddit", ("reddit.com", "old.reddit.com"), re.compile(r"/u(?:ser)?/([\w-]{3,40})/?")),
)
_NOBODY = frozenset(
    ("home", "i", "search", "explore", "intent", "share", "hashtag", "login", "settings", "notifications")
)
_PROFILE = re.compile(r"/@([\w.-]{1,60})/?")


@dataclass(frozen=True, slots=True)
class ProfileLinks:
    """The addresses a profile points to; `verified` ones point back, as the platform checked."""

    stated: frozenset[str] = frozenset()
    verified: frozenset[str] = frozenset()


def stated_accounts(text: str) -> set[Named]:
    """Return the accounts elsewhere that the writer of a text says are theirs. Naming somebody else states nothing."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    stated: set[Named] = {(_SOURCES[match[1]], None) for pattern in _SAME for match in pattern.finditer(folded)}
    stated |= {(_SOURCES[match[2]], match[1].rstrip(".-")) for match in _NAMED.finditer(folded)}
    stated |= {(_SOURCES[match[1]], match[2].rstrip(".-")) for match in _MINE.finditer(folded)}
    links = (account_at(match["link"].rstrip(".,;:!?)")) for match in _MY_LINK.finditer(folded))
    return stated | {found for found in links if found is not None}


def account_at(url: str) -> tuple[str, str] | None:
    """Return the source and handle whose profile an address is; None for every other address."""
    parts = _split(url)
    if parts is None:
        return None
    host, path, query = parts
    for source, hosts, pattern in _PROFILES:
        if host in hosts:
            match = pattern.fullmatch(path)
            return (source, match[1]) if match and match[1] not in _NOBODY else None
    if host == "news.ycombinator.com":
        ids = parse_qs(query).get("id")
        return ("hacker_news", ids[0]) if path.rstrip("/") == "/user" and ids else None
    match = _PROFILE.fullmatch(path)
    return ("mastodon", f"{match[1]}@{host}") if match else None


def address(url: str) -> str | None:
    """Return an address in the one form it is compared in; None for what is no web address."""
    parts = _split(url)
    if parts is None:
        return None
    host, path, query = parts
    return host + path.rstrip("/") + (f"?{query}" if query else "")


def profile_links(source: str, raw: Mapping[str, Any] | None) -> ProfileLinks:
    """Return the links of the profile that came with a mention, where the source tells them (Mastodon)."""
    account = (raw or {}).get("account") if source == "mastodon" else None
    if not isinstance(account, Mapping):
        return ProfileLinks()
    fields = account.get("fields")
    rows = [row for row in fields if isinstance(row, Mapping)] if isinstance(fields, list) else []
    stated = set(_hrefs(account.get("note")))
    verified: set[str] = set()
    for row in rows:
        (verified if row.get("verified_at") else stated).update(_hrefs(row.get("value")))
    return ProfileLinks(frozenset(stated), frozenset(verified))


def _hrefs(markup: Any) -> Iterator[str]:
    return (html.unescape(found) for found in _HREF.findall(markup)) if isinstance(markup, str) else iter(())


def _split(url: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(url.strip().casefold())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    return host.removeprefix("www."), parts.path, parts.query
