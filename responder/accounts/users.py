"""People of the team: who there is, their roles for a brand, their password.

One person may work for several brands. An admin of one brand only ever changes what concerns that brand: nobody gets
into a second brand by inviting somebody who works there.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from responder.accounts.passwords import hash_password
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Brand, Membership, Role, SignInLink, User

_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\]+@[^\s@<>\"',;:()\[\]\\]+")
_MAX_EMAIL = 254
_MAX_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """One person as a brand's admin sees them. `has_password` False: signs in by link only, so far."""

    user_id: int
    email: str
    name: str
    role: str
    has_password: bool


def add_brand(session: Session, name: str, *, now: datetime) -> Brand:
    """Add a brand. Raises Invalid for an empty name, Conflict for one that is taken."""
    brand = Brand(name=_cleaned(name, "brand"), created_at=now)
    _refuse_taken(session, brand.name)
    session.add(brand)
    session.flush()
    return brand


def rename_brand(session: Session, brand_id: int, name: str) -> None:
    """Rename a brand. Raises Invalid for an empty name, Conflict for one that is taken."""
    wanted = _cleaned(name, "brand")
    _refuse_taken(session, wanted, but=brand_id)
    brand = session.get(Brand, brand_id)
    if brand is None:
        raise NotFound("There is no such brand.")
    brand.name = wanted


def add_user(
    session: Session,
    *,
    brand_id: int,
    email: str,
    role: str,
    now: datetime,
    name: str | None = None,
    password: str | None = None,
) -> tuple[User, bool]:
    """Give a person a role for a brand, making their account when there is none.

    Returns the person and whether the account is the brand's own to open: True when it was made now or belonged to no
    brand any more. False means that it serves another brand too, so no sign-in link for it may be shown to this
    brand's admin; `name` and `password` are then left alone, and they are signed out: another brand's admin, who could
    have let themselves in by a link while the account served that brand alone, must not come along. Raises Invalid, or
    Conflict when they are in already.
    """
    address = read_email(email)
    wanted = read_role(role)
    user = find_by_email(session, address)
    if user is None:
        user = User(
            email=address,
            name=_cleaned(name or address.partition("@")[0], "person"),
            password_hash=None,
            session_key=_new_key(),
            created_at=now,
            disabled_at=None,
        )
        session.add(user)
        session.flush()
    brands = _brand_ids(session, user.id)
    if brand_id in brands:
        raise Conflict(f"{address} is in the team already; change the role in the list instead.")
    is_ours = not brands
    if is_ours:
        user.disabled_at = None
        if password is not None:
            set_password(session, user, password)
    elif user.password_hash is not None:
        sign_out_everywhere(session, user)
    else:  # signed out they could never come back: nobody may give them a link
        _void_links(session, user)
    session.add(Membership(user_id=user.id, brand_id=brand_id, role=wanted))
    session.flush()
    return user, is_ours


def find_by_email(session: Session, email: str) -> User | None:
    """Return the person with this address; None when there is none. Case does not count."""
    address = email.strip().casefold()
    if not address.isprintable():  # no stored address holds a NUL or a lone surrogate; PostgreSQL refuses both
        return None
    return session.scalar(select(User).where(User.email == address))


def get_member(session: Session, user_id: int, *, brand_id: int) -> User:
    """Return a person of this brand. Raises NotFound, also for people of other brands."""
    user = session.get(User, user_id)
    if user is None or brand_id not in _brand_ids(session, user_id):
        raise NotFound("There is no such person in this team.")
    return user


def team(session: Session, *, brand_id: int) -> list[TeamMember]:
    """Return everybody of a brand by name."""
    found = session.execute(
        select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.brand_id == brand_id, User.disabled_at.is_(None))
        .order_by(User.name, User.id)
    )
    return [
        TeamMember(
            user_id=user.id, email=user.email, name=user.name, role=role, has_password=user.password_hash is not None
        )
        for user, role in found
    ]


def serves_only(session: Session, user_id: int, *, brand_id: int) -> bool:
    """Tell whether a person works for this brand and no other, so that its admin may hand out a link for them."""
    return _brand_ids(session, user_id) == {brand_id}


def change_role(session: Session, user_id: int, *, brand_id: int, role: str) -> None:
    """Give a person another role. Raises NotFound, or Conflict when no admin would be left."""
    wanted = read_role(role)
    membership = _membership(session, user_id, brand_id)
    if membership.role == Role.ADMIN and wanted != Role.ADMIN:
        _keep_an_admin(session, user_id, brand_id)
    membership.role = wanted


def remove(session: Session, user_id: int, *, brand_id: int, now: datetime) -> None:
    """Take a person out of a brand and sign them out everywhere; without any brand left the account is disabled.

    Raises NotFound, or Conflict when no admin would be left.
    """
    membership = _membership(session, user_id, brand_id)
    if membership.role == Role.ADMIN:
        _keep_an_admin(session, user_id, brand_id)
    user = get_member(session, user_id, brand_id=brand_id)
    session.delete(membership)
    session.flush()
    if not _brand_ids(session, user_id):
        user.disabled_at = now
    sign_out_everywhere(session, user)


def rename(session: Session, user: User, *, name: str, email: str) -> None:
    """Change how a person is called and the address they sign in with. Raises Invalid, or Conflict when it is taken."""
    address = read_email(email)
    other = find_by_email(session, address)
    if other is not None and other.id != user.id:
        raise Conflict("Somebody else uses this e-mail address; choose another.")
    user.name = _cleaned(name, "person")
    user.email = address


def set_password(session: Session, user: User, password: str) -> None:
    """Set a password and sign the person out everywhere, unused links included. Raises Invalid when it is too weak."""
    user.password_hash = hash_password(password, email=user.email)
    sign_out_everywhere(session, user)


def sign_out_everywhere(session: Session, user: User) -> None:
    """End every session of a person and void every unused link."""
    user.session_key = _new_key()
    _void_links(session, user)


def _void_links(session: Session, user: User) -> None:
    session.execute(delete(SignInLink).where(SignInLink.user_id == user.id, SignInLink.used_at.is_(None)))


def read_email(email: str) -> str:
    """Return an address as it is stored. Raises Invalid."""
    address = email.strip().casefold()
    if len(address) > _MAX_EMAIL or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise Invalid("Write an e-mail address like name@example.org.")
    return address


def read_role(role: str) -> str:
    """Return a role as it is stored. Raises Invalid with the roles there are."""
    if role not in set(Role):
        raise Invalid(f"Choose a role: {', '.join(Role)}.")
    return str(role)


def _cleaned(name: str, of: str) -> str:
    cleaned = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if not cleaned:
        raise Invalid(f"Give the {of} a name.")
    return cleaned[:_MAX_NAME]


def _refuse_taken(session: Session, name: str, *, but: int | None = None) -> None:
    """Raise Conflict when a brand other than `but` is called so; case does not count, as on the command line."""
    for brand_id, known in session.execute(select(Brand.id, Brand.name)):
        if known.casefold() == name.casefold() and brand_id != but:
            raise Conflict(f"There is a brand called {known} already; choose another name.")


def _brand_ids(session: Session, user_id: int) -> set[int]:
    return set(session.scalars(select(Membership.brand_id).where(Membership.user_id == user_id)))


def _membership(session: Session, user_id: int, brand_id: int) -> Membership:
    membership = session.get(Membership, (user_id, brand_id))
    if membership is None:
        raise NotFound("There is no such person in this team.")
    return membership


def _keep_an_admin(session: Session, user_id: int, brand_id: int) -> None:
    others = session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.brand_id == brand_id,
            Membership.role == Role.ADMIN,
            Membership.user_id != user_id,
            User.disabled_at.is_(None),
        )
    )
    if not others:
        raise Conflict("This is the last admin; make somebody else an admin first.")


def _new_key() -> str:
    return secrets.token_urlsafe(24)
