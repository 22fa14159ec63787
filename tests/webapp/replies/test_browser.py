"""Answering in a real browser: by keyboard, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest

from tests.webapp.desk import SIZES, is_as_wide_as_the_screen, shoot

pytestmark = pytest.mark.browser

POOR = "Unfortunately our policy does not cover that."
BETTER = "Sorry that it leaks. Please stop using it: a new one leaves today and is with you by Friday. ^Mina"


def open_case(desk):
    desk.page.locator(".row__author").first.click()
    desk.page.wait_for_url(re.compile(r"/cases/\d+$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_answers_are_drawn_without_complaint_and_fit_the_screen(sit_down, size, scheme):
    desk = sit_down(size, scheme=scheme)
    open_case(desk)
    desk.page.locator("#answer-text").fill(POOR)
    desk.page.get_by_role("button", name="Check it").click()
    desk.page.locator(".findings").wait_for()
    desk.page.locator("#answering").scroll_into_view_if_needed()
    assert is_as_wide_as_the_screen(desk)
    shoot(desk, f"answer-{size}-{scheme}")


def test_an_answer_is_written_and_mended_by_hand_of_a_keyboard(sit_down):
    desk = sit_down()
    open_case(desk)
    desk.page.locator("h1").click()
    desk.page.keyboard.press("r")
    desk.page.keyboard.type(POOR)
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Enter")
    desk.page.locator(".findings").wait_for()
    desk.page.get_by_text("Change", exact=True).click()
    desk.page.locator(".reply__form textarea").fill(BETTER)
    desk.page.get_by_role("button", name="Check again").click()
    desk.page.locator(".reply .words", has_text="by Friday").wait_for()
    desk.page.get_by_role("button", name="I post it by hand").click()
    desk.page.locator(".reply__state", has_text="posted by hand").wait_for()
    assert desk.page.locator("#answer-text").count() == 0
