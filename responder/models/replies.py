"""Replies: what we say in public, who wrote and approved it, and what became of it at the platform."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class ReplyState(StrEnum):
    """draft → checked → approved → sending → sent | failed | unknown → retracted (moves: `responder.replies.states`).

    `CHECKED` waits for somebody's approval. `REHEARSED` ended a dry run: nothing left. `UNKNOWN` may stand in public
    or not; it is settled by reading, never by sending again. `FAILED` did not leave. `DROPPED` was given up before it
    could leave.
    """

    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RETRACTED = "retracted"
    REHEARSED = "rehearsed"
    DROPPED = "dropped"


class Way(StrEnum):
    """How a reply reaches the platform: by our call, or copied by a person and then seen by us."""

    API = "api"
    BY_HAND = "by_hand"


class ReplyMode(StrEnum):
    """What somebody may do with a reply they wrote: send it, send it once a colleague approved it, or only draft it."""

    SEND = "send"
    APPROVAL = "approval"
    DRAFT = "draft"


_TAKEN = text("state IN ('approved', 'sending', 'unknown', 'sent')")
_TO_SEND = text("state IN ('approved', 'sending')")
_TO_LOOK = text("look_at IS NOT NULL")
_WISHED = text("wish_at IS NOT NULL")


class Reply(Base):
    """One text of ours under one mention.

    `to_external_id` is the platform's id of the item answered, as it was when the text was written. `key` is chosen by
    us once and for all: platforms that know keys post one text per key. `text` is what was checked and approved;
    `findings` what the check said of it, None for a text that changed since. `machine` names what drafted it, None a
    person. `newest_mention_id` is the last thing of the case its writer had before them.

    `send_at` is when it may leave (approval and the time to undo it, or when the platform asks us to wait until);
    `expires_at` when the approval lapses. `called_at` is when it first may have left. `claim` is a random token:
    whoever records how a call ended must hold it. `look_at` is when it is looked for at the platform next, `looks` how
    often it was. `sent_at`: the platform took it; `seen_at`: it was seen live, which alone stops a clock.

    `wish` is what a person still wants of a sent text, "edit" (to `wished_text`) or "retract", tried next at
    `wish_at`. `fault` is a sentence for people: why it failed, waits, or is not known.
    """

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    mention_id: Mapped[int | None] = mapped_column(ForeignKey("mentions.id", ondelete="SET NULL"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.id", ondelete="SET NULL"))
    source: Mapped[str]
    to_external_id: Mapped[str]
    way: Mapped[str]
    state: Mapped[str]
    text: Mapped[str]
    language: Mapped[str | None]
    key: Mapped[str] = mapped_column(unique=True)
    machine: Mapped[str | None]
    findings: Mapped[list[dict[str, Any]] | None]
    newest_mention_id: Mapped[int | None]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    send_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    claim: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    url: Mapped[str | None]
    wish: Mapped[str | None]
    wished_text: Mapped[str | None]
    wish_at: Mapped[datetime | None]
    fault: Mapped[str | None]

    __table_args__ = (
        # Two replies never leave for one mention: the database refuses the second, whoever asks.
        Index("uq_replies_mention", "mention_id", unique=True, sqlite_where=_TAKEN, postgresql_where=_TAKEN),
        Index("ix_replies_send", "send_at", sqlite_where=_TO_SEND, postgresql_where=_TO_SEND),
        Index("ix_replies_look", "look_at", sqlite_where=_TO_LOOK, postgresql_where=_TO_LOOK),
        Index("ix_replies_wish", "wish_at", sqlite_where=_WISHED, postgresql_where=_WISHED),
        Index("ix_replies_case_id", "case_id"),
        Index("ix_replies_mention_id", "mention_id"),
        Index("ix_replies_brand_id_state", "brand_id", "state", "id"),
        Index("ix_replies_external_id", "brand_id", "source", "external_id"),
    )


class ReplyEvent(Base):
    """What happened to a reply, append-only: who wrote, changed, approved and sent it. `user_id` None: Earshot itself.

    `detail` may hold our own text as it stood then, never a customer's words.
    """

    __tablename__ = "reply_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reply_id: Mapped[int] = mapped_column(ForeignKey("replies.id", ondelete="CASCADE"))
    kind: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "reply_id"),)


class ReplyRule(Base):
    """What a person, or everybody with a role, may do with replies, on one source or (None) on all of them."""

    __tablename__ = "reply_rules"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str | None]
    source: Mapped[str | None]
    mode: Mapped[str]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    set_at: Mapped[datetime]

    __table_args__ = (Index("ix_reply_rules_brand_id", "brand_id"), Index("ix_reply_rules_user_id", "user_id"))
