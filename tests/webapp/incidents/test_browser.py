"""Incidents in a real browser: drawn on a desk and a phone, and answered by hand."""

from __future__ import annotations

import pytest

from responder.models import Brand
from tests.webapp.desk import SIZES, Desk, is_as_wide_as_the_screen, shoot
from tests.webapp.incidents.scenes import STATEMENT, leaking, make_incident
from tests.webapp.scene import say

pytestmark = pytest.mark.browser


def begin(desk: Desk) -> int:
    """Put an outbreak, two smaller incidents and a written statement before the person; return the outbreak's id."""
    with desk.context.database.writing() as session:
        brand = session.get_one(Brand, desk.brand.id)
        now = desk.context.clock()
        outbreak = leaking(session, brand, desk.watch, now=now, statement=STATEMENT)
        for title, count in (("Charged twice in March", 4), (None, 3)):
            said = [
                say(session, brand, desk.watch, now=now, p=0.9, ago=90 + number, source="mastodon",
                    text=f"Lumen charged me twice in March, case number {number}, and nobody answers the phone.")
                for number in range(count)
            ]  # fmt: skip
            make_incident(session, brand, said, now=now, title=title)
        return outbreak.id


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_incidents_are_drawn_without_complaint_and_fit_the_screen(sit_down, size, scheme):
    desk = sit_down(size, scheme=scheme)
    incident = begin(desk)
    desk.open("/incidents")
    assert is_as_wide_as_the_screen(desk)
    shoot(desk, f"incidents-{size}-{scheme}")
    desk.open(f"/incidents/{incident}")
    desk.page.get_by_role("button", name="Approve as saved").click()
    desk.page.get_by_text("Approved by Mina Osei").wait_for()
    desk.page.get_by_role("link", name="Answer").first.click()
    desk.page.get_by_role("button", name="Check it").wait_for()
    assert is_as_wide_as_the_screen(desk)
    shoot(desk, f"incident-{size}-{scheme}")
    desk.page.get_by_role("button", name="Check it").scroll_into_view_if_needed()
    shoot(desk, f"incident-answer-{size}-{scheme}")


def test_a_checked_answer_is_copied_and_its_twin_is_refused(sit_down):
    desk = sit_down()
    incident = begin(desk)
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.open(f"/incidents/{incident}")
    desk.page.get_by_role("button", name="Approve as saved").click()
    desk.page.get_by_text("Approved by Mina Osei").wait_for()
    desk.page.get_by_role("link", name="Answer").first.click()
    field = desk.page.get_by_label("Answer in this thread")
    field.wait_for()
    text = field.input_value()
    desk.page.get_by_role("button", name="Check it").click()
    desk.page.get_by_role("button", name="Copy", exact=True).click()
    desk.page.get_by_role("button", name="Copied").wait_for()
    assert desk.page.evaluate("navigator.clipboard.readText()") == text
    desk.page.get_by_role("link", name="Answer").nth(1).click()
    desk.page.get_by_label("Answer in this thread").fill(text)
    desk.page.get_by_role("button", name="Check it").click()
    desk.page.get_by_text("people would read it as copied").wait_for()
    assert desk.page.get_by_label("Answer in this thread").input_value() == text, "what was typed stays"
    desk.complaints.clear()  # the browser reports the refusal's status


def test_an_incident_is_worked_by_keyboard(sit_down):
    desk = sit_down()
    incident = begin(desk)
    desk.open(f"/incidents/{incident}")
    desk.page.locator("summary", has_text="Rename").focus()
    desk.page.keyboard.press("Enter")
    desk.page.get_by_label("Name", exact=True).focus()
    desk.page.keyboard.type("Batch 12 leaks")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_role("heading", name="Batch 12 leaks").wait_for()
