"""Ways in: e-mail and password, and one-time links. Cookies and pages are `webapp`'s.

A link's token is random, kept only as its SHA-256, opens once, and for thirty minutes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from responder.accounts import passwords, users
from responder.context import Context
from responder.errors import NotAllowed
from responder.models import Brand, Membership, Role, SignInLink, User

LINK_LIFE = timedelta(minutes=30)
FIRST_ADMIN = "admin@localhost"
FIRST_BRAND = "Your brand"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who came in. `session_key` belongs in the cookie: when it changes, the cookie opens nothing any more."""

    user_id: int
    session_key: str
    has_password: bool


def by_password(context: Context, email: str, password: str) -> SignedIn:
    """Let a person in by e-mail and password.

    Raises NotAllowed with the same words, after the same work, whichever of the two is wrong or the account disabled.
    No session is open while the hash is computed: it takes tens of milliseconds on purpose.
    """
    with context.database.reading() as session:
        user = users.find_by_email(session, email)
    usable = user if user is not None and user.disabled_at is None else None
    is_right = passwords.is_right(password, usable.password_hash if usable else None)
    if usable is None or not is_right:
        raise NotAllowed("E-mail address or password is wrong. Ask an admin for a sign-in link if you are locked out.")
    return _signed_in(usable)


def make_link(session: Session, user_id: int, *, now: datetime) -> str:
    """Make a one-time link for a person and return its token: the only time it is seen."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(token_hash=_hashed(token), user_id=user_id, created_at=now, expires_at=now + LINK_LIFE, used_at=None)
    )
    session.flush()
    return token


def is_usable(session: Session, token: str, *, now: datetime) -> bool:
    """Tell whether a link would open now, without using it up: link previews may look as often as they like."""
    link = session.get(SignInLink, _hashed(token))
    if link is None or link.used_at is not None or link.expires_at <= now:
        return False
    user = session.get(User, link.user_id)
    return user is not None and user.disabled_at is None


def by_link(session: Session, token: str, *, now: datetime) -> SignedIn:
    """Use a link up and let its person in. Raises NotAllowed for one that is unknown, used, expired or disabled.

    The row is taken by one conditional UPDATE: of two people who press at once, one gets in.
    """
    user_id = session.scalar(
        update(SignInLink)
        .where(SignInLink.token_hash == _hashed(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.user_id)
    )
    user = None if user_id is None else session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise NotAllowed("This link was used already, or is older than thirty minutes. Ask for a new one.")
    return _signed_in(user)


def link_url(context: Context, token: str) -> str:
    """Return the address a person opens."""
    return f"{context.settings.effective_public_url}/sign-in/link/{token}"


def first_link(context: Context) -> str | None:
    """Return a sign-in URL for the first admin, making the brand and the admin when there is none.

    None once any admin has a password: from then on people sign in by themselves.
    """
    now = context.clock()
    with context.database.writing() as session:
        admins = session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.role == Role.ADMIN, User.disabled_at.is_(None))
            .order_by(User.id)
        ).all()
        if any(admin.password_hash is not None for admin in admins):
            return None
        admin = admins[0] if admins else _first_admin(session, now)
        return link_url(context, make_link(session, admin.id, now=now))


def _first_admin(session: Session, now: datetime) -> User:
    brand_id = session.scalar(select(Brand.id).order_by(Brand.id).limit(1))
    if brand_id is None:
        brand_id = users.add_brand(session, FIRST_BRAND, now=now).id
    user, _ = users.add_user(session, brand_id=brand_id, email=FIRST_ADMIN, name="Admin", role=Role.ADMIN, now=now)
    return user


def _signed_in(user: User) -> SignedIn:
    return SignedIn(user_id=user.id, session_key=user.session_key, has_password=user.password_hash is not None)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
