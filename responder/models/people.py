"""People: links between accounts, never a merge; and proposals to join a mention to the case it names."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class LinkStatus(StrEnum):
    """What is said of two accounts. Only `confirmed` has any effect, and only a person of the team says it."""

    PROPOSED = "proposed"
    MAYBE = "maybe"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    REVOKED = "revoked"


class JoinStatus(StrEnum):
    """What became of a mention that names another case."""

    PROPOSED = "proposed"
    JOINED = "joined"
    REFUSED = "refused"
    REVOKED = "revoked"


class AccountLink(Base):
    """That two accounts may be one person's; a person is what confirmed links connect when it is read.

    `one_id` is the smaller id. `status` is a `LinkStatus`; a pair that was rejected or revoked is never proposed again.
    `clues` names each clue with its bits (log2 of its likelihood ratio), and holds no words of theirs; `bits` is their
    sum and the prior's.
    """

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    one_id: Mapped[int] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    status: Mapped[str]
    clues: Mapped[dict[str, Any]]
    bits: Mapped[float]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("one_id", "other_id"),
        Index(None, "other_id"),
        Index(None, "brand_id", "status", "id"),
    )


class AccountTrace(Base):
    """Something an account can be found by on another platform, as a keyed hash (`responder.people.traces`).

    `mention_id` is where it was said, None: in the profile. `mark` is the hash: equal marks of one brand mean the same
    name, address or number, and without the installation's secret none of them can be read or guessed. A row goes with
    its mention's text, and all of them with their account.
    """

    __tablename__ = "account_traces"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    mention_id: Mapped[int | None] = mapped_column(ForeignKey("mentions.id", ondelete="CASCADE"))
    kind: Mapped[str]
    mark: Mapped[str]

    __table_args__ = (Index(None, "author_id"), Index(None, "brand_id", "mark"), Index(None, "mention_id"))


class PeopleProgress(Base):
    """The last case event that was looked at for accounts of one person. A brand without a row: none yet."""

    __tablename__ = "people_progress"

    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[int]


class JoinProposal(Base):
    """A mention that names the short code of another case. `status` is a `JoinStatus`.

    `from_case_id` is the case the mention stood in when it was joined, to go back to.
    """

    __tablename__ = "join_proposals"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    from_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    status: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("mention_id", "case_id"), Index(None, "case_id"))
