"""Bluesky's records in our words, and our replies as Bluesky's records. Pure: asking is left to the source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from listeners.mentions import Author, Engagement, Mention
from listeners.pages import OwnReply
from listeners.text import clean, instant, storable
from listeners.walks import UNREADABLE

_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def mention_of(post: Mapping[str, Any], *, our_did: str | None = None) -> Mention:
    """Turn a post view or a notification into a mention; likes and replies are None where it does not carry them."""
    record = post["record"]
    reply = record.get("reply") or {}
    parent = (reply.get("parent") or {}).get("uri")
    spoken_to = our_did is not None and (our_did in _mentioned(record) or str(parent).startswith(f"at://{our_did}/"))
    return Mention(
        source="bluesky",
        external_id=post["uri"],
        text=clean(record["text"]),
        created_at=shown_at(post),
        url=link_to(post["uri"]),
        language=next(iter(record.get("langs") or ()), None),
        author=author_of(post["author"]),
        engagement=Engagement(
            likes=post.get("likeCount"), reposts=_sum(post, "repostCount", "quoteCount"), replies=post.get("replyCount")
        ),
        thread_id=(reply.get("root") or {}).get("uri"),
        parent_id=parent,
        addressed=True if spoken_to else None,
        raw=storable(post),
    )


def author_of(profile: Mapping[str, Any]) -> Author:
    """Turn a profile into an author; counts are None in the short form that posts carry."""
    labels = [label.get("val") for label in profile.get("labels") or ()]
    created = profile.get("createdAt")
    return Author(
        external_id=profile["did"],
        handle=profile.get("handle"),
        name=profile.get("displayName") or None,
        url=f"https://bsky.app/profile/{profile['did']}",
        followers=profile.get("followersCount"),
        following=profile.get("followsCount"),
        posts=profile.get("postsCount"),
        created_at=instant(created, UTC) if created else None,
        is_bot=True if "bot" in labels else None,
    )


def own_reply_of(uri: str, record: Mapping[str, Any], *, keyed: str | None) -> OwnReply:
    """Turn a record of ours into an own reply; `keyed` is the address made from the key asked for, None without one."""
    try:
        created = instant(record["createdAt"], UTC)
    except UNREADABLE:
        created = None
    return OwnReply(
        external_id=uri,
        url=link_to(uri),
        text=clean(record["text"]),
        created_at=created,
        under_key=None if keyed is None else uri == keyed,
    )


def shown_at(post: Mapping[str, Any]) -> datetime:
    """Return the time Bluesky sorts by: what the writer's device claims, unless that lies in the future."""
    indexed = instant(post["indexedAt"], UTC)
    try:
        return min(instant(post["record"]["createdAt"], UTC), indexed)
    except UNREADABLE:
        return indexed


def written_instant(instant: datetime) -> str:
    """Write an aware UTC instant as Bluesky does, in milliseconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _mentioned(record: Mapping[str, Any]) -> set[str]:
    features = (feature for facet in record.get("facets") or () for feature in facet.get("features") or ())
    return {feature["did"] for feature in features if feature.get("did")}


def _sum(post: Mapping[str, Any], *names: str) -> int | None:
    told = [post[name] for name in names if post.get(name) is not None]
    return sum(told) if told else None


def record_key(parent: str, key: str) -> str:
    """Return a TID made from the key alone, dated within minutes of the post it answers."""
    digest = int.from_bytes(hashlib.sha256(f"{parent}\n{key}".encode()).digest()[:8], "big")
    number = 0
    for letter in parent.rpartition("/")[2].rjust(13, "2")[:13]:
        number = number * 32 + max(_TID_ALPHABET.find(letter), 0)
    micros = (number >> 10) + 1 + (digest >> 10) % 2**28
    number = (micros % 2**53) << 10 | digest % 2**10
    return "".join(_TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def named_parts(uri: str) -> dict[str, str]:
    """Take an at:// address apart, as the record methods want it. Raises ValueError for anything else."""
    repo, collection, key = uri.removeprefix("at://").split("/")
    return {"repo": repo, "collection": collection, "rkey": key}


def link_to(uri: str) -> str:
    """Return the page of a post in the Bluesky app; by DID, which outlives a change of handle."""
    named = named_parts(uri)
    return f"https://bsky.app/profile/{named['repo']}/post/{named['rkey']}"
