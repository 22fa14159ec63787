"""Rows for tests: plain functions that add one sensible, minimal, valid row and flush it. Any column can be given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from responder.cases.ranking import rank_key
from responder.models import (
    Author,
    Brand,
    Case,
    CaseState,
    CaseWatch,
    Connection,
    Membership,
    Mention,
    Poll,
    Reply,
    ReplyState,
    Role,
    User,
    Watch,
    WatchMention,
    Way,
)

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""The instant rows are made at; the `clock` fixture starts here."""

_numbers = count(1)


def make_brand(session: Session, **columns: Any) -> Brand:
    return _add(session, Brand, columns, name=f"Brand {next(_numbers)}", created_at=NOW)


def make_user(session: Session, *, brand: Brand | None = None, role: Role = Role.AGENT, **columns: Any) -> User:
    """With a `brand`, the person is its member in that role."""
    number = next(_numbers)
    user = _add(
        session,
        User,
        columns,
        email=f"person{number}@example.org",
        name=f"Person {number}",
        password_hash=None,
        session_key=f"key{number}",
        created_at=NOW,
        disabled_at=None,
    )
    if brand is not None:
        session.add(Membership(user_id=user.id, brand_id=brand.id, role=role))
        session.flush()
    return user


def make_watch(session: Session, brand: Brand | None = None, **columns: Any) -> Watch:
    """`query` None takes everything."""
    return _add(
        session,
        Watch,
        columns,
        brand_id=_brand_id(session, brand, columns),
        name=f"Watch {next(_numbers)}",
        query=None,
        created_at=NOW,
        paused_at=None,
    )


def make_connection(session: Session, brand: Brand | None = None, **columns: Any) -> Connection:
    """`credentials` are not really encrypted: a test that opens the source gives its own."""
    return _add(
        session,
        Connection,
        columns,
        brand_id=_brand_id(session, brand, columns),
        source="memory",
        name=f"connection-{next(_numbers)}",
        base_url=None,
        credentials="",
        state_reason=None,
        created_at=NOW,
    )


def make_poll(session: Session, watch: Watch, connection: Connection, **columns: Any) -> Poll:
    return _add(
        session,
        Poll,
        columns,
        watch_id=watch.id,
        connection_id=connection.id,
        ability="search",
        interval_s=30.0,
        cursor=None,
        due_at=NOW,
        claim=None,
        claimed_until=None,
        last_read_at=None,
        last_mention_at=None,
        last_fault=None,
        last_fault_at=None,
    )


def make_author(session: Session, brand: Brand | None = None, **columns: Any) -> Author:
    number = next(_numbers)
    unknown = dict.fromkeys(("name", "url", "following", "posts", "listed", "reputation", "is_bot"))
    return _add(
        session,
        Author,
        columns,
        brand_id=_brand_id(session, brand, columns),
        source="memory",
        external_id=f"author-{number}",
        handle=f"author{number}",
        followers=None,
        account_created_at=None,
        first_seen_at=NOW,
        updated_at=NOW,
        **unknown,
    )


def make_mention(
    session: Session,
    brand: Brand | None = None,
    *,
    watch: Watch | None = None,
    author: Author | None = None,
    case: Case | None = None,
    **columns: Any,
) -> Mention:
    """Unscored, unless `p_negative` is given: then the rest of a fitting opinion is filled in.

    With a `watch`, the mention was heard by it. Rollups are not touched: tests of those store through intake.
    """
    created_at = columns.get("created_at", NOW - timedelta(minutes=5))
    mention = _add(
        session,
        Mention,
        columns,
        brand_id=_brand_id(session, brand or watch, columns),
        source="memory",
        external_id=f"mention-{next(_numbers)}",
        kind="post",
        text="The kettle I bought last week leaks.",
        url=None,
        language=None,
        author_id=author.id if author else None,
        thread_id=None,
        parent_id=None,
        rating=None,
        **dict.fromkeys(("likes", "reposts", "replies", "views", "addressed", "raw")),
        is_repost=False,
        created_at=created_at,
        edited_at=None,
        version_at=created_at,
        revision=1,
        stored_at=NOW,
        gone_at=None,
        score_fault=None,
        **dict.fromkeys(("intent", "intent_confidence", "intensity")),
        case_id=case.id if case else None,
        **_opinion(columns.get("p_negative")),
    )
    if watch is not None:
        session.add(WatchMention(watch_id=watch.id, mention_id=mention.id))
        session.flush()
    return mention


def make_case(
    session: Session,
    brand: Brand | None = None,
    *,
    lead: Mention | None = None,
    watch: Watch | None = None,
    **columns: Any,
) -> Case:
    """Open. With a `lead`, the case takes its columns from that mention and holds it; else it holds none."""
    followers = columns.get("followers")
    lead_at = columns.get("lead_at", lead.created_at if lead else NOW - timedelta(minutes=5))
    p_negative = columns.get("p_negative", lead.p_negative if lead else None)
    case = _add(
        session,
        Case,
        columns,
        brand_id=lead.brand_id if lead else _brand_id(session, brand or watch, columns),
        state=CaseState.OPEN,
        author_id=lead.author_id if lead else None,
        thread_id=None,
        lead_mention_id=lead.id if lead else None,
        mention_count=1 if lead else 0,
        source=lead.source if lead else "memory",
        language=((lead.opinion_language or lead.language) if lead else None) or "und",
        label=lead.label if lead else None,
        intent=lead.intent if lead else None,
        abstained=lead.abstained if lead else None,
        p_negative=p_negative,
        followers=followers,
        lead_at=lead_at,
        rank_key=rank_key(
            p_negative=p_negative,
            followers=followers,
            lead_at=lead_at,
            abstained=lead.abstained if lead else None,
        ),
        opened_at=NOW,
        updated_at=NOW,
        assignee_id=None,
        snoozed_until=None,
        resolved_at=None,
        resolution=None,
    )
    if lead is not None:
        lead.case_id = case.id
    if watch is not None:
        session.add(CaseWatch(watch_id=watch.id, case_id=case.id))
    session.flush()
    return case


def make_reply(session: Session, case: Case, **columns: Any) -> Reply:
    """A draft under the case's leading mention."""
    return _add(
        session,
        Reply,
        columns,
        brand_id=case.brand_id,
        case_id=case.id,
        mention_id=case.lead_mention_id,
        source=case.source,
        to_external_id="mention",
        way=Way.API,
        state=ReplyState.DRAFT,
        text="Sorry, a new one leaves today. ^Mina",
        key=f"key{next(_numbers)}",
        created_at=NOW,
        updated_at=NOW,
    )


def _opinion(p_negative: float | None) -> dict[str, Any]:
    if p_negative is None:
        names = ("label", "p_neutral", "p_positive", "confidence", "abstained", "opinion_language", "model")
        return dict.fromkeys((*names, "abstain_reason", "scored_at", "p_negative"))
    rest = 1 - p_negative
    chances = {"negative": p_negative, "neutral": rest * 0.6, "positive": rest * 0.4}
    label = max(chances, key=chances.__getitem__)
    return {
        "label": label,
        **{f"p_{name}": chance for name, chance in chances.items()},
        "confidence": chances[label],
        "abstained": False,
        "abstain_reason": None,
        "opinion_language": "en",
        "model": "test",
        "scored_at": NOW,
    }


def _brand_id(session: Session, owner: Any, columns: dict[str, Any]) -> int:
    """The brand given, the brand of what was given, or a new one."""
    if "brand_id" in columns:
        found: int = columns["brand_id"]
        return found
    if owner is None:
        return make_brand(session).id
    return owner.id if isinstance(owner, Brand) else int(owner.brand_id)


def _add(session: Session, table: Any, columns: dict[str, Any], **defaults: Any) -> Any:
    row = table(**(defaults | columns))
    session.add(row)
    session.flush()
    return row
