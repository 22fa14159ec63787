"""Incidents in a real browser: drawn on a desk and a phone, and answered by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from responder.models import Brand, Case, Incident
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


def focused(desk: Desk) -> str:
    """What the keyboard is on: its id, else its words."""
    return str(desk.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_what_is_being_typed_outlives_every_move_on_the_page(sit_down):
    desk = sit_down()
    incident = begin(desk)
    desk.open(f"/incidents/{incident}")
    desk.page.get_by_role("button", name="Approve as saved").click()
    desk.page.get_by_text("Approved by Mina Osei").wait_for()
    desk.page.get_by_role("link", name="Answer").first.click()
    answer = desk.page.get_by_label("Answer in this thread")
    answer.fill("An answer typed by hand.")
    statement = desk.page.get_by_label("Statement", exact=True)
    statement.fill("[en]\nNot saved yet.")
    desk.page.locator("summary", has_text="Rename").click()
    desk.page.get_by_label("Name", exact=True).fill("Batch 12")
    desk.page.locator(".rename button").click()
    desk.page.get_by_role("heading", name="Batch 12").wait_for()
    desk.page.get_by_role("button", name="Not the same").last.click()
    desk.page.get_by_text("Taken out; it stays out").wait_for()
    assert statement.input_value() == "[en]\nNot saved yet."
    assert answer.input_value() == "An answer typed by hand."
    desk.page.get_by_role("button", name="Undo").click()
    desk.page.get_by_text("A case was put back").wait_for()
    desk.page.locator("#statement-save").click()
    desk.page.get_by_text("Not approved.").wait_for()
    assert answer.input_value() == "An answer typed by hand."
    assert statement.input_value() == "[en]\nNot saved yet."
    desk.page.get_by_role("button", name="Approve as saved").click()
    desk.page.get_by_text("Approved by Mina Osei").wait_for()


def test_a_colleagues_statement_is_shown_instead_of_written_over(sit_down):
    desk = sit_down()
    incident = begin(desk)
    desk.open(f"/incidents/{incident}")
    with desk.context.database.writing() as session:
        session.get_one(Incident, incident).statement = "Better, by Jon."
    statement = desk.page.get_by_label("Statement", exact=True)
    statement.fill("Mine, mended.")
    desk.page.locator("#statement-save").click()
    desk.page.get_by_text("Better, by Jon.").wait_for()
    assert statement.input_value() == "Mine, mended."
    desk.page.locator("#statement-save").click()
    desk.page.get_by_text("Better, by Jon.").wait_for(state="detached")
    with desk.context.database.reading() as session:
        assert session.get_one(Incident, incident).statement == "Mine, mended."
    desk.complaints.clear()  # the browser reports the refusal's status


def test_the_keyboard_stays_where_it_was_after_every_move(sit_down):
    desk = sit_down()
    incident = begin(desk)
    desk.open(f"/incidents/{incident}")
    desk.page.get_by_role("button", name="Approve as saved").press("Enter")
    desk.page.get_by_text("Approved by Mina Osei").wait_for()
    desk.page.wait_for_function("document.activeElement.id === 'statement-state'")
    desk.page.get_by_label("Statement", exact=True).fill("[en]\nWe know, {name}.")
    desk.page.locator("#statement-save").press("Enter")
    desk.page.get_by_text("Not approved.").wait_for()
    assert focused(desk) == "statement-save"
    desk.page.get_by_role("button", name="Approve as saved").press("Enter")
    desk.page.get_by_text("Approved by Mina Osei").wait_for()
    desk.page.get_by_role("link", name="Answer").first.press("Enter")
    desk.page.get_by_role("button", name="Check it").press("Enter")
    desk.page.get_by_text("Checked. Copy it").wait_for()
    desk.page.wait_for_function("document.activeElement.closest('.voice__answer') !== null")


def test_the_keyboard_stays_on_what_was_said_of_a_case(sit_down):
    desk = sit_down()
    with desk.context.database.reading() as session:
        case = session.scalars(select(Case).where(Case.label == "negative")).first()
    desk.open(f"/cases/{case.id}")
    for button in ("#judged-not_unhappy", f"#correct-{case.lead_mention_id}-positive"):
        desk.page.locator(button).press("Enter")
        desk.page.get_by_text("corrected by Mina Osei").first.wait_for()
        desk.page.wait_for_function(f"document.activeElement === document.querySelector('{button}')")


def test_opened_menus_stay_on_the_screen_of_a_phone(sit_down):
    desk = sit_down("phone")
    incident = begin(desk)
    with desk.context.database.reading() as session:
        case = session.scalars(select(Case.id).where(Case.incident_id == incident)).first()
    for path, words in ((f"/incidents/{incident}", "Rename"), (f"/cases/{case}", "In danger"), ("/queue", "Snooze")):
        desk.open(path)
        desk.page.locator("summary", has_text=words).first.tap()
        box = desk.page.locator("details[open] > .menu-box__list").bounding_box()
        assert box["x"] >= 0, words
        assert box["x"] + box["width"] <= SIZES["phone"]["width"], words
        assert box["y"] + box["height"] <= SIZES["phone"]["height"], words


def test_an_answer_holds_its_case_and_leaving_lets_go_of_it(sit_down):
    desk = sit_down()
    incident = begin(desk)
    desk.open(f"/incidents/{incident}")
    desk.page.get_by_role("button", name="Approve as saved").click()
    desk.page.get_by_text("Approved by Mina Osei").wait_for()
    desk.page.get_by_role("link", name="Answer").first.click()

    def is_held() -> bool:
        with desk.context.database.reading() as session:
            held = select(Case.id).where(Case.incident_id == incident, Case.leased_by.is_not(None))
            return session.scalar(held) is not None

    def wait(*, held: bool) -> bool:
        for _ in range(50):
            if is_held() == held:
                return True
            desk.page.wait_for_timeout(100)
        return False

    assert wait(held=True)
    desk.page.wait_for_load_state("networkidle")
    desk.open("/incidents")
    assert wait(held=False)


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
