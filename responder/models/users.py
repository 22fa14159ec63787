"""People of the team, what they may do for which brand, and their one-time sign-in links."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class Role(StrEnum):
    """What a person does for a brand."""

    ADMIN = "admin"
    AGENT = "agent"
    MARKETER = "marketer"


class User(Base):
    """A person of the team. `password_hash` None: signs in by link only, until a password is set."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    session_key: Mapped[str]
    """Random; part of every session cookie, so that changing it signs the person out everywhere."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """What a person may do for one brand."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]


class SignInLink(Base):
    """A one-time link. Only the SHA-256 of its token is kept; used or expired links open nothing."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id"),)
