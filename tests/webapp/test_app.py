"""What holds for every answer: one unit of work, headers, errors in one voice, no heavy imports, no 5xx."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from responder.db import Database
from responder.errors import Conflict, Invalid, NotAllowed, NotFound
from responder.models import Brand, Role
from tests.factories import make_brand
from tests.webapp.conftest import make_app
from webapp import lifecycle
from webapp.access import public
from webapp.assets import asset
from webapp.security import csrf

MODELS = {"torch", "transformers", "onnxruntime", "tokenizers", "sklearn", "scipy", "statsmodels", "py3langid"}
"""What makes opinions. (numpy is no model: it says why each row of the queue stands where it does.)"""
CLIENTS = {"tweepy", "praw", "prawcore", "atproto", "mastodon", "feedparser", "slack_sdk", "celery", "apscheduler"}

IMPORTS = """
import sys
from pathlib import Path
from responder.runtime import build
from responder.settings import Settings
from responder.db import migrate
from webapp.app import create_app
context = build(Settings(_env_file=None, home=Path(sys.argv[1])))
migrate(context.database)
browser = create_app(context).test_client()
from responder.accounts import sign_in
link = sign_in.first_link(context)
assert browser.get("/sign-in").status_code == 200
with context.database.reading() as session:
    from responder.models import User
    from sqlalchemy import select
    user = session.scalars(select(User)).one()
with browser.session_transaction() as kept:
    kept["_user_id"] = f"{user.id}.{user.session_key}"
for path in ("/queue", "/queue/live", "/insights", "/settings", "/account", "/readyz", "/metrics"):
    assert browser.get(path).status_code in (200, 503), (path, browser.get(path).status_code)
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_the_web_process_imports_no_model_and_no_platform_client(tmp_path):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (MODELS | CLIENTS) & set(done.stdout.split()) == set()


@pytest.fixture
def own_app(context):
    """An application with views that go wrong on purpose."""
    app = make_app(context)

    def store(name):
        make_brand(lifecycle.session(), name=name)

    @public
    def good():
        store("kept")
        return "fine"

    @public
    def refused():
        store("lost")
        return "no", 422

    @public
    def crash():
        store("lost")
        raise RuntimeError("a secret detail")

    @public
    def reads():
        store("lost")
        return "fine"

    for view in (good, refused, crash):
        app.add_url_rule(f"/{view.__name__}", view.__name__, csrf.exempt(view), methods=["POST"])
    app.add_url_rule("/reads", "reads", reads)
    for name, error in {
        "conflict": Conflict("C"),
        "invalid": Invalid("I", "J"),
        "denied": NotAllowed("N"),
        "absent": NotFound("F"),
    }.items():

        @public
        def fail(error=error):
            raise error

        app.add_url_rule(f"/{name}", name, fail)
    return app


def brands(context):
    with context.database.reading() as session:
        return session.scalars(select(Brand.name)).all()


def test_a_good_answer_keeps_what_was_done(own_app, context):
    assert own_app.test_client().post("/good").status_code == 200
    assert brands(context) == ["kept"]


@pytest.mark.parametrize(("path", "status"), [("/refused", 422), ("/crash", 500)])
def test_a_refusal_or_a_crash_leaves_nothing_behind(own_app, context, path, status):
    assert own_app.test_client().post(path).status_code == status
    assert brands(context) == []


def test_a_crash_tells_a_number_and_no_detail(own_app):
    answer = own_app.test_client().post("/crash")
    assert "a secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize(("path", "status"), [("conflict", 409), ("invalid", 422), ("denied", 403), ("absent", 404)])
def test_a_refusal_has_its_status_and_its_sentence(own_app, path, status):
    answer = own_app.test_client().get(f"/{path}")
    assert answer.status_code == status


def test_htmx_is_told_inside_the_page(own_app):
    answer = own_app.test_client().get("/conflict", headers={"HX-Request": "true"})
    assert answer.text.startswith("<hx-partial")
    assert "<html" not in answer.text


def test_programs_are_told_as_json(client):
    answer = client.post("/hooks/in/nothing")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == 404


def test_a_page_that_is_not_there_says_so_kindly(client):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_every_answer_is_guarded_by_headers(login_as):
    browser = login_as(Role.ADMIN).browser
    for path in ("/queue", "/sign-in", "/settings", "/no/such/page", "/healthz", "/static/css/base.css"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"


def test_no_template_holds_inline_code_or_style():
    import re

    inline = re.compile(
        r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=['\"]js:", re.IGNORECASE
    )
    templates = Path(__file__).parents[2] / "webapp" / "templates"
    guilty = [path.name for path in templates.rglob("*.html") if inline.search(path.read_text(encoding="utf-8"))]
    assert guilty == []


def test_static_files_are_kept_for_ever_under_their_content(app, client):
    with app.test_request_context():
        address = asset("css/base.css")
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/css/base.css").headers["Cache-Control"] == "no-cache"


def test_what_is_vendored_has_its_licence_and_version():
    vendor = Path(__file__).parents[2] / "webapp" / "static" / "vendor"
    told = (vendor / "README.md").read_text(encoding="utf-8")
    for script in vendor.glob("*.js"):
        assert script.name in told
        assert script.stem.split("-")[1].removesuffix(".min") in script.read_text(encoding="utf-8")
    assert (vendor / "htmx-LICENSE.txt").exists()


@pytest.mark.parametrize("path", ["/queue?q=%00", "/queue?%00=1", "/sign-in?next=%00"])
def test_a_nul_is_refused_once_for_all(login_as, path):
    assert login_as().browser.get(path).status_code == 400


def test_a_nul_in_a_form_is_refused(client):
    assert client.send("/sign-in", {"email": "a\0b", "password": "x"}).status_code == 400


def test_too_large_a_form_is_refused(client):
    assert client.post("/sign-in", data={"email": "x" * 1_100_000}).status_code == 413


@pytest.mark.parametrize("id_", ["0", "-1", "9223372036854775808", "9" * 40, "1e3", "½", "²"])
def test_an_id_no_database_could_hold_is_not_there(login_as, id_):
    assert login_as().browser.get(f"/cases/{id_}").status_code == 404


def test_the_database_being_away_is_a_friendly_page(context, tmp_path, client, caplog):
    nowhere = replace(context, database=Database(f"sqlite:///{tmp_path}/empty.sqlite3"))
    answer = make_app(nowhere).test_client().get("/sign-in/link/x")
    assert answer.status_code == 500
    assert "Nothing was changed" in answer.text
    nowhere.database.close()


def test_the_database_being_away_is_a_friendly_page_for_who_is_signed_in_too(context, tmp_path, login_as):
    me = login_as(Role.ADMIN).user
    nowhere = replace(context, database=Database(f"sqlite:///{tmp_path}/empty.sqlite3"))
    browser = make_app(nowhere).test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = f"{me.id}.{me.session_key}"
    answer = browser.get("/queue")
    assert answer.status_code == 500
    assert "Nothing was changed" in answer.text
    nowhere.database.close()


def test_what_cannot_be_kept_at_the_end_of_a_request_is_told_without_its_address(own_app, caplog):
    @public
    def late(token):
        lifecycle.session().add(Brand(name=None, created_at=lifecycle.now()))
        return token

    own_app.add_url_rule("/late/<token>", "late", csrf.exempt(late), methods=["POST"])
    answer = own_app.test_client().post("/late/planted-token")
    assert answer.status_code == 500
    assert "Nothing was changed" in answer.text
    assert "planted-token" not in caplog.text
    assert "request_failed" in caplog.text
