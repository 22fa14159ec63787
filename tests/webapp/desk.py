"""A person at a real browser, in front of a running Earshot with a believable morning in it.

Screenshots go to `screenshots/`, which git ignores: look at them after changing how anything looks.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from responder.accounts import sign_in
from responder.models import Brand, Case, Role
from tests.factories import make_brand, make_user
from tests.webapp.conftest import make_app
from tests.webapp.scene import say, set_scene

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no browser: install one (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Desk:
    """A person at a browser, in front of a running Earshot with a believable morning in it."""

    context: Any
    brand: Brand
    watch: Any
    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def hear(self, text: str, **more: Any) -> Case:
        with self.context.database.writing() as session:
            return say(session, self.brand, self.watch, now=self.context.clock(), text=text, **{"p": 0.99, **more})

    def case(self, case: Case) -> Case:
        with self.context.database.reading() as session:
            return session.scalars(select(Case).where(Case.id == case.id)).one()

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.closest('[data-row]')?.id ?? document.activeElement.id"))


@pytest.fixture
def serve(ticking_context) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(ticking_context), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sit_down(chromium, ticking_context, serve):
    """Sit down somewhere: `sit_down("phone", scheme="dark")`. Complaints of the browser fail the test at its end."""
    opened: list[Desk] = []

    def make(size: str = "desk", *, scheme: str = "light", role: Role = Role.ADMIN, scene: bool = True) -> Desk:
        context = ticking_context
        with context.database.writing() as session:
            brand = make_brand(session, name="Lumen")
            user = make_user(session, brand=brand, role=role, name="Mina Osei", password_hash="set")
            watch = set_scene(session, brand, now=context.clock()) if scene else None
            token = sign_in.make_link(session, user.id, now=context.clock())
        is_phone = size == "phone"
        view = chromium.new_context(
            viewport=SIZES[size], color_scheme=scheme, is_mobile=is_phone, has_touch=is_phone, locale="en-GB"
        )
        view.set_default_timeout(15_000)
        desk = Desk(context, brand, watch, view.new_page(), serve)
        desk.page.on("console", lambda told: told.type in {"error", "warning"} and desk.complaints.append(told.text))
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        desk.open(f"/sign-in/link/{token}")
        desk.page.get_by_role("button", name="Sign in").click()
        desk.page.wait_for_url("**/queue")
        opened.append(desk)
        return desk

    yield make
    for desk in opened:
        desk.page.context.close()
        assert desk.complaints == []


def shoot(desk: Desk, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    desk.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def is_as_wide_as_the_screen(desk: Desk) -> bool:
    return bool(desk.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
