"""People of the team, and the wall between two teams."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from responder.accounts import sign_in, users
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Membership, Role, SignInLink, User
from tests.factories import NOW, make_brand, make_user

GOOD = "kettle orbit thirteen plum"


def test_a_new_person_has_an_account_of_the_brands_own(database):
    with database.writing() as session:
        brand = make_brand(session)
        user, is_ours = users.add_user(session, brand_id=brand.id, email=" Ana@Example.org ", role="agent", now=NOW)
    assert is_ours
    assert (user.email, user.name, user.password_hash) == ("ana@example.org", "ana", None)


def test_the_same_person_is_not_added_twice(database):
    with database.writing() as session:
        brand = make_brand(session)
        users.add_user(session, brand_id=brand.id, email="ana@example.org", role="agent", now=NOW)
        with pytest.raises(Conflict, match="in the team already"):
            users.add_user(session, brand_id=brand.id, email="ANA@example.org", role="admin", now=NOW)


def test_inviting_somebody_of_another_brand_never_opens_their_account(database):
    with database.writing() as session:
        victim = make_user(session, brand=make_brand(session), password_hash="theirs", name="Vera")
        mine = make_brand(session)
        user, is_ours = users.add_user(
            session, brand_id=mine.id, email=victim.email, role="agent", name="Mine", password=GOOD, now=NOW
        )
        assert user.id == victim.id
        assert not is_ours
        assert (user.password_hash, user.name) == ("theirs", "Vera")
        assert not users.serves_only(session, user.id, brand_id=mine.id)


def test_a_former_brands_admin_does_not_come_along_into_a_second_brand(database):
    """The admin of the only brand could have made a link for somebody, or used one, before another brand invites them."""
    with database.writing() as session:
        agent = make_user(session, brand=make_brand(session), password_hash="theirs")
        key, token = agent.session_key, sign_in.make_link(session, agent.id, now=NOW)
        users.add_user(session, brand_id=make_brand(session).id, email=agent.email, role="admin", now=NOW)
        assert agent.session_key != key
        assert not sign_in.is_usable(session, token, now=NOW)


def test_who_has_no_password_yet_stays_signed_in_but_their_links_are_void(database):
    with database.writing() as session:
        agent = make_user(session, brand=make_brand(session))
        key, token = agent.session_key, sign_in.make_link(session, agent.id, now=NOW)
        users.add_user(session, brand_id=make_brand(session).id, email=agent.email, role="admin", now=NOW)
        assert agent.session_key == key
        assert not sign_in.is_usable(session, token, now=NOW)


@pytest.mark.parametrize("name", ["Lumen", "LUMEN", " lumen "])
def test_two_brands_never_have_names_that_only_case_tells_apart(database, name):
    """The command line finds a brand whatever the case: one brand's admin must not reach another's by its name."""
    with database.writing() as session:
        users.add_brand(session, "Lumen", now=NOW)
        mine = users.add_brand(session, "Mine", now=NOW)
        with pytest.raises(Conflict):
            users.add_brand(session, name, now=NOW)
        with pytest.raises(Conflict):
            users.rename_brand(session, mine.id, name)
        users.rename_brand(session, mine.id, "MINE")


def test_people_of_another_brand_are_not_there(database):
    with database.writing() as session:
        mine, other = make_brand(session), make_brand(session)
        stranger = make_user(session, brand=other, role=Role.ADMIN)
        make_user(session, brand=other, role=Role.ADMIN)
        with pytest.raises(NotFound):
            users.get_member(session, stranger.id, brand_id=mine.id)
        with pytest.raises(NotFound):
            users.change_role(session, stranger.id, brand_id=mine.id, role="agent")
        with pytest.raises(NotFound):
            users.remove(session, stranger.id, brand_id=mine.id, now=NOW)
        assert users.team(session, brand_id=mine.id) == []


def test_the_last_admin_stays(database):
    with database.writing() as session:
        brand = make_brand(session)
        admin = make_user(session, brand=brand, role=Role.ADMIN)
        make_user(session, brand=brand, role=Role.ADMIN, disabled_at=NOW)
        with pytest.raises(Conflict, match="last admin"):
            users.change_role(session, admin.id, brand_id=brand.id, role="agent")
        with pytest.raises(Conflict, match="last admin"):
            users.remove(session, admin.id, brand_id=brand.id, now=NOW)


def test_who_is_taken_out_is_signed_out_and_disabled(database):
    with database.writing() as session:
        brand = make_brand(session)
        make_user(session, brand=brand, role=Role.ADMIN)
        agent = make_user(session, brand=brand)
        key = agent.session_key
        sign_in.make_link(session, agent.id, now=NOW)
        users.remove(session, agent.id, brand_id=brand.id, now=NOW)
        assert agent.disabled_at == NOW
        assert agent.session_key != key
        assert session.scalars(select(SignInLink)).all() == []


def test_who_still_serves_another_brand_is_not_disabled(database):
    with database.writing() as session:
        brand, other = make_brand(session), make_brand(session)
        make_user(session, brand=brand, role=Role.ADMIN)
        agent = make_user(session, brand=brand)
        session.add(Membership(user_id=agent.id, brand_id=other.id, role=Role.AGENT))
        users.remove(session, agent.id, brand_id=brand.id, now=NOW)
        assert agent.disabled_at is None


def test_somebody_taken_out_can_be_invited_again(database):
    with database.writing() as session:
        brand = make_brand(session)
        make_user(session, brand=brand, role=Role.ADMIN)
        agent = make_user(session, brand=brand)
        users.remove(session, agent.id, brand_id=brand.id, now=NOW)
        user, is_ours = users.add_user(session, brand_id=brand.id, email=agent.email, role="marketer", now=NOW)
        assert (user.id, is_ours, user.disabled_at) == (agent.id, True, None)


def test_a_new_password_signs_out_everywhere_and_voids_links(database):
    with database.writing() as session:
        user = make_user(session, brand=make_brand(session))
        key = user.session_key
        token = sign_in.make_link(session, user.id, now=NOW)
        users.set_password(session, user, GOOD)
        assert user.session_key != key
        assert not sign_in.is_usable(session, token, now=NOW)


def test_an_address_somebody_else_uses_is_refused(database):
    with database.writing() as session:
        brand = make_brand(session)
        ana, ben = make_user(session, brand=brand), make_user(session, brand=brand)
        with pytest.raises(Conflict, match="another"):
            users.rename(session, ana, name="Ana", email=ben.email.upper())
        users.rename(session, ana, name="  Ana \t B ", email=ana.email)
        assert ana.name == "Ana B"


@pytest.mark.parametrize("email", ["", "ana", "ana@", "@x", "a b@c", "a\x00@c", "a@b@c", "x" * 255 + "@y", "a@\ud800"])
def test_what_is_no_address_is_refused(database, email):
    with database.writing() as session:
        brand = make_brand(session)
        with pytest.raises(Invalid, match="e-mail"):
            users.add_user(session, brand_id=brand.id, email=email, role="agent", now=NOW)
        assert users.find_by_email(session, email) is None


def test_a_role_that_does_not_exist_is_refused(database):
    with database.writing() as session:
        brand = make_brand(session)
        with pytest.raises(Invalid, match="admin, agent, marketer"):
            users.add_user(session, brand_id=brand.id, email="ana@example.org", role="owner", now=NOW)


def test_two_brands_have_two_names(database):
    with database.writing() as session:
        first = users.add_brand(session, "Lumen", now=NOW)
        second = users.add_brand(session, "Pallet", now=NOW)
        with pytest.raises(Conflict):
            users.add_brand(session, " Lumen ", now=NOW)
        with pytest.raises(Conflict):
            users.rename_brand(session, second.id, "Lumen")
        users.rename_brand(session, first.id, "Lumen")
        with pytest.raises(Invalid):
            users.rename_brand(session, first.id, "\x00 ")


def test_the_team_is_listed_by_name_without_disabled_people(database):
    with database.writing() as session:
        brand = make_brand(session)
        make_user(session, brand=brand, name="Zoe", password_hash="x")
        make_user(session, brand=brand, name="Ana", role=Role.MARKETER)
        make_user(session, brand=brand, name="Gone", disabled_at=NOW)
        listed = [(member.name, member.role, member.has_password) for member in users.team(session, brand_id=brand.id)]
    assert listed == [("Ana", "marketer", False), ("Zoe", "agent", True)]
    with database.reading() as session:
        assert len(session.scalars(select(User)).all()) == 3
