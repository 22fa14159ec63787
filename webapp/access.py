"""Who is asking and whether they may: the signed-in person, their brand, and a stated permission on every view.

A view states what it needs with `@permission("…")` (a name in `responder.accounts.permissions`) or `@public`. One
check before every request holds it, and a view that states nothing opens for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user, login_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from responder.accounts import permissions
from responder.accounts.sign_in import SignedIn
from responder.errors import NotAllowed
from responder.models import Brand, Membership, User
from webapp.lifecycle import context

PUBLIC = "public"
_STATED = "stated_permission"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandChoice:
    """One brand a person works for, and as what."""

    brand_id: int
    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is signed in, with the brand they are looking at. Read anew for every request."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    user_id: int
    session_key: str
    email: str
    name: str
    has_password: bool
    brand: BrandChoice
    brands: tuple[BrandChoice, ...]

    def get_id(self) -> str:
        """Return what the cookie holds: a changed session key signs every older cookie out."""
        return f"{self.user_id}.{self.session_key}"

    @property
    def brand_id(self) -> int:
        """The brand every query of this request is held to."""
        return self.brand.brand_id

    @property
    def role(self) -> str:
        """The role for that brand."""
        return self.brand.role

    def may(self, permission: str) -> bool:
        """Tell whether the person holds a permission for the brand they are looking at."""
        return permissions.may(self.role, permission)


def init_app(app: Flask) -> None:
    """Read the person from the cookie, and check what each view states."""
    manager = LoginManager(app)
    manager.session_protection = None  # a phone changes its address all day; the session key is what revokes
    manager.user_loader(_load)
    setattr(app.view_functions["static"], _STATED, PUBLIC)
    app.before_request(_enforce)
    app.context_processor(lambda: {"person": person_or_none()})


def permission(name: str) -> Callable[[View], View]:
    """State what a view needs. Raises KeyError for a permission nobody defined."""
    permissions.PERMISSIONS[name]

    def state(view: View) -> View:
        setattr(view, _STATED, name)
        return view

    return state


def public(view: View) -> View:
    """State that a view is open to everybody."""
    setattr(view, _STATED, PUBLIC)
    return view


def stated(view: Callable[..., Any]) -> str | None:
    """Return what a view states: a permission, PUBLIC, or None."""
    found: str | None = getattr(view, _STATED, None)
    return found


def person() -> Person:
    """Return who is signed in. Only for views that are not public."""
    signed_in: Person = current_user._get_current_object()  # noqa: SLF001 -- werkzeug's way to unwrap a proxy
    return signed_in


def person_or_none() -> Person | None:
    """Return who is signed in; None on public pages without anybody."""
    return person() if current_user.is_authenticated else None


@dataclass(frozen=True, slots=True)
class _Entrant:
    """Somebody whose cookie is being written; the next request reads the rest."""

    signed_in: SignedIn
    is_active: bool = True

    def get_id(self) -> str:
        return f"{self.signed_in.user_id}.{self.signed_in.session_key}"


def begin_session(signed_in: SignedIn) -> None:
    """Sign a person in. The old session's content goes, so that nothing planted before survives."""
    session.clear()
    session.permanent = True
    login_user(_Entrant(signed_in))


def choose_brand(brand_id: int) -> None:
    """Look at another of the person's brands from the next request on."""
    if brand_id not in {choice.brand_id for choice in person().brands}:
        abort(404)
    session["brand_id"] = brand_id


def safe_next(target: str | None) -> str:
    """Return a path of ours to go on to; the front page for anything that could lead elsewhere."""
    if not target or not target.isprintable() or "\\" in target or not target.startswith("/"):
        return "/"
    parts = urlsplit(target)
    leads_elsewhere = parts.scheme or parts.netloc or target.startswith("//")
    return "/" if leads_elsewhere else target


def _load(cookie: str) -> Person | None:
    user_id, _, session_key = cookie.partition(".")
    if not user_id.isdecimal() or len(user_id) > 18 or not session_key or "failed_to_read" in g:
        return None
    g.failed_to_read = True  # stays when the database is away: the error page must not ask it again who is there
    found = _read(int(user_id))
    del g.failed_to_read
    if not found or found[0][0].session_key != session_key or found[0][0].disabled_at is not None:
        return None
    user = found[0][0]
    brands = tuple(BrandChoice(brand_id=brand_id, name=name, role=role) for _, brand_id, name, role in found)
    chosen = next((choice for choice in brands if choice.brand_id == session.get("brand_id")), brands[0])
    return Person(
        user_id=user.id,
        session_key=user.session_key,
        email=user.email,
        name=user.name,
        has_password=user.password_hash is not None,
        brand=chosen,
        brands=brands,
    )


def _read(user_id: int) -> list[Any]:
    # A short reading session of its own: the request's unit of work may take the write lock, and need not yet.
    with context().database.reading() as reading:
        rows = reading.execute(
            select(User, Brand.id, Brand.name, Membership.role)
            .join(Membership, Membership.user_id == User.id)
            .join(Brand, Brand.id == Membership.brand_id)
            .where(User.id == user_id)
            .order_by(Brand.name)
        ).all()
    return list(rows)


def _enforce() -> Response | None:
    if request.endpoint is None:
        return None  # no such page: the answer is 404 for everybody
    needed = stated(current_app.view_functions[request.endpoint])
    if needed == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _ask_to_sign_in()
    if needed is None:
        raise NotAllowed("This page states no permission, so it opens for nobody.")
    permissions.require(person().role, needed)
    return None


def _ask_to_sign_in() -> Response:
    if "HX-Request" in request.headers or request.accept_mimetypes.best == "application/json":
        abort(401)
    came_from = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("sign_in.form", next=None if came_from == "/" else came_from), 303)
