"""The factory: one Flask application out of a context. What it is made of lives in the modules named here."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import Babel
from jinja2 import StrictUndefined

from responder.context import Context
from webapp import access, assets, display, errors, lifecycle, menu, routing, security
from webapp.blueprints import BLUEPRINTS
from webapp.queue import drawn_rows
from webapp.queue import menus as queue_menus

MAX_BODY = 1024 * 1024
"""Bytes of one request; the largest thing we take is a hook's body."""

SESSION_LIFE = timedelta(days=14)


class _Application(Flask):
    """Flask, but what fails after a view or in an error page is logged in our words too."""

    def log_exception(self, exc_info: Any) -> None:
        errors.log_crash(exc_info[1])


def create_app(context: Context) -> Flask:
    """Make the web application. It opens no connection until the first request."""
    app = _Application(__name__)
    is_https = context.settings.effective_public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=_derived(context.secret, "web session"),
        SESSION_COOKIE_NAME="__Host-earshot" if is_https else "earshot",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=SESSION_LIFE,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        WTF_CSRF_TIME_LIMIT=None,  # people keep a page open all day; the token lives as long as their session
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["earshot"] = context
    # English texts stand in the templates; catalogues go to webapp/translations/<locale>.
    Babel(app, default_timezone=context.settings.timezone, locale_selector=display.chosen_locale)
    for part in (routing, lifecycle, security, access, assets, display, menu, errors, drawn_rows, queue_menus):
        part.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _derived(secret: str, purpose: str) -> bytes:
    """Return a key for one purpose, so that what signs cookies is not what encrypts credentials."""
    return hmac.new(secret.encode(), f"earshot: {purpose}".encode(), hashlib.sha256).digest()
