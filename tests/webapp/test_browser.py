"""The pages in a real browser: sign in, work by keyboard, see news without a reload, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest

from responder.models import Case
from tests.factories import make_user
from tests.webapp.desk import SIZES, is_as_wide_as_the_screen, shoot

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_every_page_is_drawn_without_complaint_and_fits_the_screen(sit_down, size, scheme):
    desk = sit_down(size, scheme=scheme)
    first = desk.page.locator("[data-row] .row__author").first.get_attribute("href")
    pages = {"queue": "/queue", "case": first, "insights": "/insights", "settings": "/settings", "account": "/account"}
    for name, path in pages.items():
        desk.open(path)
        desk.page.wait_for_load_state("networkidle")
        assert is_as_wide_as_the_screen(desk), f"{name} scrolls sideways on a {size}"
        shoot(desk, f"{name}-{size}-{scheme}")


def test_an_empty_queue_is_drawn(sit_down):
    desk = sit_down(scene=False)
    assert desk.page.get_by_role("button", name="Fill with the demo").is_visible()
    shoot(desk, "empty-desk-light")


def test_the_door_is_drawn(sit_down):
    desk = sit_down("phone", scene=False)
    desk.page.get_by_role("button", name="Sign out").click()
    desk.page.wait_for_url("**/sign-in*")
    assert is_as_wide_as_the_screen(desk)
    shoot(desk, "sign-in-phone-light")


def test_touch_targets_on_a_phone_are_a_thumb_wide(sit_down):
    desk = sit_down("phone")
    heights = desk.page.evaluate(
        "[...document.querySelectorAll('.row .actions .button, .menu__link')]"
        ".filter(part => part.offsetParent).map(part => part.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 44


def test_the_queue_is_worked_by_keyboard_alone(sit_down):
    desk = sit_down()
    rows = desk.page.locator("[data-row]")
    first, second, third = (rows.nth(place).get_attribute("id") for place in range(3))
    desk.page.keyboard.press("j")
    assert desk.focused() == first
    desk.page.keyboard.press("j")
    desk.page.keyboard.press("k")
    assert desk.focused() == first
    desk.page.keyboard.press("a")
    desk.page.locator(f"#{first} .chip--accent", has_text="Mina Osei").wait_for()
    assert desk.focused() == first
    desk.page.keyboard.press("e")
    desk.page.locator(f"#{first}[data-done]").wait_for()
    desk.page.wait_for_function(f"document.activeElement.id === '{second}'")
    desk.page.keyboard.press("u")
    desk.page.locator(f"#{first}:not([data-done])").wait_for()
    desk.page.locator(f"#{second}").focus()
    desk.page.keyboard.press("s")
    desk.page.keyboard.press("Enter")
    desk.page.locator(f"#{second}[data-done]", has_text="Snoozed").wait_for()
    desk.page.wait_for_function(f"document.activeElement.id === '{third}'")
    desk.page.keyboard.press("n")
    desk.page.locator(f"#{third}[data-done]", has_text="Not for us").wait_for()
    desk.page.keyboard.press("?")
    assert desk.page.locator("dialog#keys").is_visible()
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("/")
    assert desk.focused() == "q"
    desk.page.keyboard.type("jjj e a ?")  # typing is never a command
    assert desk.page.locator("[data-done]").count() == 2
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("j")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(re.compile(r"/cases/\d+$"))


def test_a_new_mention_appears_without_a_reload(sit_down):
    desk = sit_down()
    desk.page.evaluate("window.stillTheSamePage = true")
    desk.hear("The Lumen kettle on my desk has started to smoke", followers=5_000_000)
    desk.page.locator("[data-row]", has_text="has started to smoke").wait_for()
    assert "has started to smoke" in desk.page.locator("[data-row]").first.inner_text()
    assert desk.page.evaluate("window.stillTheSamePage")


def test_a_list_in_use_does_not_jump_and_offers_the_news(sit_down):
    desk = sit_down()
    desk.page.keyboard.press("j")
    row = desk.focused()
    where = desk.page.locator(f"#{row}").bounding_box()
    desk.hear("Lumen lid flew off again", followers=5_000_000)
    desk.page.locator("#live-bar", has_text="1 new").wait_for()
    assert desk.page.locator(f"#{row}").bounding_box() == where
    assert desk.focused() == row
    desk.page.keyboard.press("k")
    assert desk.focused() == "live-bar"
    desk.page.keyboard.press("Enter")
    assert "flew off again" in desk.page.locator("[data-row]").first.inner_text()
    assert desk.page.locator("#live-bar").is_hidden()


def test_a_row_that_a_colleague_took_is_renewed_where_it_stands(sit_down):
    desk = sit_down()
    rows = desk.page.locator("[data-row]")
    rows.first.focus()
    other = rows.nth(3).get_attribute("id")
    with desk.context.database.writing() as session:
        colleague = make_user(session, brand=desk.brand, name="Jonas Weil")
        session.get(Case, int(other.removeprefix("case-"))).assignee_id = colleague.id
    desk.page.locator(f"#{other}", has_text="Jonas Weil").wait_for()
    assert desk.page.locator("#live-bar").is_hidden()


def test_an_action_on_a_row_that_arrived_live_works(sit_down):
    desk = sit_down()
    case = desk.hear("Lumen app ate my settings", followers=5_000_000)
    row = desk.page.locator(f"#case-{case.id}")
    row.wait_for()
    row.get_by_role("button", name="Resolve").click()
    desk.page.locator(f"#case-{case.id}[data-done]").wait_for()
    assert desk.case(case).state == "resolved"
    row.get_by_role("button", name="Undo").click()
    desk.page.locator(f"#case-{case.id}:not([data-done])").wait_for()
    assert desk.case(case).state == "open"


def test_somebody_was_faster_is_told_in_place(sit_down):
    desk = sit_down()
    row = desk.page.locator("[data-row]").first
    row.hover()
    with desk.context.database.writing() as session:
        session.get(Case, int(row.get_attribute("id").removeprefix("case-"))).state = "resolved"
    row.get_by_role("button", name="Resolve").click()
    desk.page.locator("#notices", has_text="resolved meanwhile").wait_for()
    desk.complaints[:] = [told for told in desk.complaints if "409" not in told]  # the browser logs refused requests


def test_a_case_is_worked_on_its_page(sit_down):
    desk = sit_down()
    desk.page.locator(".row__author").first.click()
    desk.page.wait_for_url(re.compile(r"/cases/\d+$"))
    desk.page.locator("#answer-text").fill("We are sorry. Please stop using it; a new one is on its way.")
    desk.page.locator("h1").click()
    desk.page.keyboard.press("a")
    desk.page.locator(".case__facts", has_text="Mina Osei").wait_for()
    assert desk.page.locator("#answer-text").input_value().startswith("We are sorry")  # a move loses nothing typed
    assert desk.page.locator("#answer-count").inner_text() == "60"
    with desk.page.expect_popup() as opened:
        desk.page.get_by_role("link", name="Copy and open").click()
    assert opened.value.url.startswith(("https://bluesky.example", "chrome-error", "about:blank"))
    desk.page.bring_to_front()
    desk.page.locator("h1").click()
    desk.page.keyboard.press("e")
    desk.page.get_by_role("button", name="Reopen").wait_for()


def test_the_queue_does_not_shift_while_it_loads_and_lives(sit_down):
    desk = sit_down()
    desk.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.shift += entry.value }).observe({type: 'layout-shift', buffered: true})"
    )
    desk.open("/queue")
    desk.page.wait_for_timeout(5000)  # two polls
    assert desk.page.evaluate("window.shift") <= 0.02


def test_filters_and_search_work_as_they_are_chosen(sit_down):
    desk = sit_down()
    desk.page.get_by_label("All sources").select_option("bluesky")
    desk.page.wait_for_url("**/queue?source=bluesky")
    assert desk.page.locator("[data-row]").count() == 2
    desk.page.locator("#q").fill("recall")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(re.compile(r"q=recall"))
    assert desk.page.locator("[data-row]").count() == 1


def test_settings_are_searched_and_a_watch_is_added(sit_down):
    desk = sit_down()
    desk.open("/settings")
    desk.page.get_by_label("Find a setting").fill("reddit")
    assert desk.page.locator("#people").is_hidden()
    assert desk.page.locator("details", has_text="Reddit").first.is_visible()
    desk.page.get_by_label("Find a setting").fill("")
    desk.page.locator("summary", has_text="Add a watch").click()
    desk.page.locator("#watch-name").fill("Rivals")
    desk.page.get_by_label("A search string").check()
    desk.page.get_by_label("Search string", exact=True).fill('volt AND ("kettle"')
    desk.page.get_by_role("button", name="Listen", exact=True).click()
    assert "^" in desk.page.locator(".drawn").inner_text()
    desk.complaints[:] = [told for told in desk.complaints if "422" not in told]
    shoot(desk, "settings-fault-desk-light")
