"""Ways in and out: e-mail and password, one-time links, one's own name, address and password."""

from __future__ import annotations

import hashlib

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import logout_user
from werkzeug.wrappers import Response

from responder.accounts import passwords, sign_in, users
from responder.errors import Conflict, Invalid, NotAllowed
from responder.models import User
from webapp import lifecycle
from webapp.access import begin_session, choose_brand, permission, person, person_or_none, public, safe_next
from webapp.errors import status_of
from webapp.security import limiter

blueprint = Blueprint("sign_in", __name__)

PER_ADDRESS = "10 per minute; 60 per hour"
PER_EMAIL = "20 per hour"

_RESETS = "came_by_link"
"""In the session of somebody who came by link: they may set a password without knowing the old one."""


def _email_tried() -> str:
    # Hashed, so that limits and their logs hold no addresses.
    return hashlib.sha256(request.form.get("email", "").strip().casefold().encode()).hexdigest()


@blueprint.get("/sign-in")
@public
def form() -> str | Response:
    going_to = safe_next(request.args.get("next"))
    if person_or_none() is not None:
        return redirect(going_to, 303)
    return render_template("sign_in/form.html", next=going_to, email="", fault=None)


@blueprint.post("/sign-in")
@public
@limiter.limit(PER_ADDRESS)
@limiter.limit(PER_EMAIL, key_func=_email_tried)
def enter() -> Response | tuple[str, int]:
    going_to = safe_next(request.form.get("next"))
    email = request.form.get("email", "")
    try:
        signed_in = sign_in.by_password(lifecycle.context(), email, request.form.get("password", ""))
    except NotAllowed as refusal:
        page = render_template("sign_in/form.html", next=going_to, email=email, fault=str(refusal))
        return page, status_of(refusal)
    begin_session(signed_in)
    return redirect(going_to, 303)


@blueprint.get("/sign-in/link/<string:token>")
@public
@limiter.limit(PER_ADDRESS)
def link(token: str) -> tuple[str, int, dict[str, str]]:
    """Show a button. Looking uses nothing up: mail scanners and chat previews open every link they see.

    Other sites are told no referrer by the policy every page has; our own form needs it, for over HTTPS the CSRF check
    refuses a form that does not say which page it came from.
    """
    is_usable = sign_in.is_usable(lifecycle.session(), token, now=lifecycle.now())
    page = render_template("sign_in/link.html", token=token, is_usable=is_usable)
    return page, 200 if is_usable else 403, {"Cache-Control": "no-store"}


@blueprint.post("/sign-in/link/<string:token>")
@public
@limiter.limit(PER_ADDRESS)
def enter_by_link(token: str) -> Response:
    signed_in = sign_in.by_link(lifecycle.session(), token, now=lifecycle.now())
    begin_session(signed_in)
    session[_RESETS] = True
    return redirect(url_for("queue.page" if signed_in.has_password else "sign_in.account"), 303)


@blueprint.post("/sign-out")
@permission("account.own")
def leave() -> Response:
    logout_user()
    session.clear()
    return redirect(url_for("sign_in.form"), 303)


@blueprint.post("/brand")
@permission("account.own")
def look_at_brand() -> Response:
    choose_brand(request.form.get("brand_id", 0, type=int))
    return redirect(url_for("queue.page"), 303)


@blueprint.get("/account")
@permission("account.own")
def account() -> str:
    return _account_page()


@blueprint.post("/account")
@permission("account.own")
def change_account() -> Response | tuple[str, int]:
    try:
        users.rename(
            lifecycle.session(), _myself(), name=request.form.get("name", ""), email=request.form.get("email", "")
        )
    except (Invalid, Conflict) as refusal:
        return _account_page(account_fault=str(refusal)), status_of(refusal)
    flash(_("Saved."))
    return redirect(url_for("sign_in.account"), 303)


@blueprint.post("/account/password")
@permission("account.own")
@limiter.limit(PER_ADDRESS)
def change_password() -> Response | tuple[str, int]:
    me = _myself()
    must_know_old = me.password_hash is not None and not session.get(_RESETS)
    if must_know_old and not passwords.is_right(request.form.get("current", ""), me.password_hash):
        return _account_page(password_faults=(_("The current password is wrong."),)), 422
    try:
        users.set_password(lifecycle.session(), me, request.form.get("password", ""))
    except Invalid as refusal:
        return _account_page(password_faults=refusal.faults), status_of(refusal)
    begin_session(sign_in.SignedIn(user_id=me.id, session_key=me.session_key, has_password=True))
    flash(_("Your password is set. Every other place you were signed in at is signed out."))
    return redirect(url_for("queue.page"), 303)


def _myself() -> User:
    return users.get_member(lifecycle.session(), person().user_id, brand_id=person().brand_id)


def _account_page(*, account_fault: str | None = None, password_faults: tuple[str, ...] = ()) -> str:
    return render_template(
        "sign_in/account.html",
        account_fault=account_fault,
        password_faults=password_faults,
        asks_current=person().has_password and not session.get(_RESETS),
        min_length=passwords.MIN_LENGTH,
    )
