"""The application on a database of its own, a browser that keeps cookies and sends CSRF tokens, and people who sign in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from responder.context import Context
from responder.db import Database
from responder.models import Brand, Role, User
from tests.factories import make_brand, make_user
from webapp.app import create_app
from webapp.security import limiter


class Browser(FlaskClient):
    """A test client that can send forms as our pages do: with the session's CSRF token."""

    def open(self, *where: Any, buffered: bool = True, **more: Any) -> TestResponse:
        """Read each answer to its end, so that served files are closed."""
        return super().open(*where, buffered=buffered, **more)

    def send(
        self, path: str, data: Mapping[str, Any] | None = None, *, htmx: bool = False, **more: Any
    ) -> TestResponse:
        """POST a form. With `htmx` the token goes in the header, as static/js/csrf.js sends it."""
        form = dict(data or {})
        headers = dict(more.pop("headers", {}))
        if htmx:
            headers |= {"HX-Request": "true", "X-CSRFToken": self.csrf_token()}
        else:
            form["csrf_token"] = self.csrf_token()
        return self.post(path, data=form, headers=headers, **more)

    def csrf_token(self) -> str:
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(16))
        signer = URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token")
        return str(signer.dumps(raw))


@dataclass(frozen=True)
class SignedIn:
    """A person, their brand, and the browser they are signed in with."""

    user: User
    brand: Brand
    browser: Browser


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Pages are tested on SQLite; a module whose queries matter has the fixture of all databases, tests/fixtures.py."""
    return sqlite_database


_made: list[Flask] = []


@pytest.fixture
def app(context: Context) -> Flask:
    """One application for all tests of a process (its templates stay compiled), handed this test's context."""
    if not _made:
        _made.append(make_app(context))
    _made[0].extensions["earshot"] = context
    limiter.reset()
    return _made[0]


def make_app(context: Context) -> Flask:
    """An application of a test's own, for tests that change it."""
    made = create_app(context)
    made.testing = False  # a crash must become our error page here too
    made.test_client_class = Browser
    return made


@pytest.fixture
def client(app: Flask) -> Browser:
    """Nobody: a browser without a session."""
    browser: Browser = app.test_client()
    return browser


@pytest.fixture
def login_as(app: Flask, context: Context) -> Callable[..., SignedIn]:
    """Sign a new person in: `login_as("agent")`, `login_as("admin", brand=brand)`."""

    def sign_in(role: str = Role.ADMIN, *, brand: Brand | None = None, **columns: Any) -> SignedIn:
        with context.database.writing() as session:
            theirs = brand or make_brand(session)
            user = make_user(session, brand=theirs, role=Role(role), **columns)
        browser: Browser = app.test_client()
        with browser.session_transaction() as session:
            session["_user_id"] = f"{user.id}.{user.session_key}"
            session["_fresh"] = True
        return SignedIn(user=user, brand=theirs, browser=browser)

    return sign_in
