"""The pages about people in a real browser: drawn without complaint, worked by keyboard alone, as wide as the screen."""

from __future__ import annotations

import pytest

from responder.models import AccountLink
from tests.factories import NOW, make_author
from tests.webapp.desk import SIZES, is_as_wide_as_the_screen, shoot

pytestmark = pytest.mark.browser


def propose(desk, count: int = 2) -> list[AccountLink]:
    """Add pairs of accounts to decide on, the first of them shown last."""
    with desk.context.database.writing() as session:
        made = []
        for number in range(count):
            one, other = (
                make_author(
                    session,
                    desk.brand,
                    source=source,
                    name=f"Rosalind Achterberg-Featherstonehaugh {number}",
                    handle=f"rosalind_achterberg_featherstonehaugh_{number}",
                )
                for source in ("x", "bluesky")
            )
            made.append(
                AccountLink(
                    brand_id=desk.brand.id,
                    one_id=one.id,
                    other_id=other.id,
                    status="proposed",
                    clues={"same_handle": 20.0, "same_name": 6.0, "other_languages": -3.0},
                    bits=13.0,
                    proposed_at=NOW,
                )
            )
        session.add_all(made)
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_every_page_about_people_is_drawn_without_complaint_and_fits_the_screen(sit_down, size, scheme):
    desk = sit_down(size, scheme=scheme)
    (link, _) = propose(desk)
    pages = {"people": "/people", "people-found": "/people?q=rosalind", "person": f"/people/{link.one_id}"}
    for name, path in pages.items():
        desk.open(path)
        desk.page.wait_for_load_state("networkidle")
        assert is_as_wide_as_the_screen(desk), f"{name} scrolls sideways on a {size}"
        shoot(desk, f"{name}-{size}-{scheme}")


def test_pairs_are_decided_by_keyboard_alone(sit_down):
    desk = sit_down()
    older, newer = propose(desk)
    desk.open("/people")
    desk.page.keyboard.press("j")
    assert desk.focused() == f"link-{newer.id}"
    desk.page.keyboard.press("y")
    desk.page.locator(f"#link-{newer.id}[data-done]", has_text="Linked: one person").wait_for()
    desk.page.wait_for_function(f"document.activeElement.id === 'link-{older.id}'")
    desk.page.keyboard.press("n")
    desk.page.locator(f"#link-{older.id}[data-done]", has_text="Not the same person").wait_for()
    with desk.context.database.reading() as session:
        assert [session.get(AccountLink, link.id).status for link in (newer, older)] == ["confirmed", "rejected"]
    desk.page.keyboard.press("u")
    desk.page.locator(f"#link-{older.id}:not([data-done])", has_text="Same person").wait_for()
    with desk.context.database.reading() as session:
        assert session.get(AccountLink, older.id).status == "proposed", "undo links nobody"


def test_a_person_is_worked_on_their_page(sit_down):
    desk = sit_down()
    (link, _) = propose(desk)
    desk.open(f"/people/{link.one_id}")
    desk.page.get_by_role("button", name="Same person").click()
    desk.page.get_by_text("2 accounts linked").wait_for()
    desk.page.locator("summary", has_text="Do not score").first.click()
    desk.page.get_by_role("button", name="Really do not score them").first.click()
    desk.page.get_by_text("Asked not to be scored").wait_for()
    desk.page.get_by_text("One account, nothing linked").wait_for()
