"""Ways in: what opens, once, for how long, and what is told to those who stay outside."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from responder.accounts import sign_in, users
from responder.errors import NotAllowed
from responder.models import Brand, Membership, Role, SignInLink, User
from tests.factories import NOW, make_brand, make_user

GOOD = "kettle orbit thirteen plum"


@pytest.fixture
def ana(database):
    with database.writing() as session:
        user = make_user(session, brand=make_brand(session), email="ana@example.org")
        users.set_password(session, user, GOOD)
    return user


def test_e_mail_and_password_let_in(context, ana):
    signed_in = sign_in.by_password(context, "ANA@example.org ", GOOD)
    assert (signed_in.user_id, signed_in.session_key) == (ana.id, ana.session_key)


def test_every_failure_sounds_the_same(context, ana, database):
    with database.writing() as session:
        disabled = make_user(session, brand=make_brand(session), email="dan@example.org")
        users.set_password(session, disabled, GOOD)
        disabled.disabled_at = NOW
        make_user(session, brand=make_brand(session), email="link-only@example.org")
    words = set()
    for email, password in [
        ("ana@example.org", "wrong password!"),
        ("nobody@example.org", GOOD),
        ("dan@example.org", GOOD),
        ("link-only@example.org", ""),
        ("a\x00b", GOOD),
    ]:
        with pytest.raises(NotAllowed) as refusal:
            sign_in.by_password(context, email, password)
        words.add(str(refusal.value))
    assert len(words) == 1


def test_every_failure_computes_one_hash(context, ana, monkeypatch):
    from responder.accounts import passwords

    checked = []
    real = passwords._HASHER.verify

    class Counting:
        def verify(self, *given):
            checked.append(given)
            return real(*given)

        hash = passwords._HASHER.hash

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    for email in ("ana@example.org", "nobody@example.org"):
        with pytest.raises(NotAllowed):
            sign_in.by_password(context, email, "wrong password!")
    assert len(checked) == 2


def test_a_link_opens_once(database, ana):
    with database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=NOW)
    with database.writing() as session:
        assert sign_in.by_link(session, token, now=NOW).user_id == ana.id
    with database.writing() as session, pytest.raises(NotAllowed, match="used already"):
        sign_in.by_link(session, token, now=NOW)


def test_looking_at_a_link_does_not_use_it_up(database, ana):
    with database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=NOW)
    with database.reading() as session:
        assert all(sign_in.is_usable(session, token, now=NOW) for _ in range(3))


def test_a_link_expires_after_thirty_minutes(database, ana):
    with database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=NOW)
        late = NOW + timedelta(minutes=30)
        assert sign_in.is_usable(session, token, now=late - timedelta(seconds=1))
        assert not sign_in.is_usable(session, token, now=late)
        with pytest.raises(NotAllowed):
            sign_in.by_link(session, token, now=late)


def test_a_link_is_kept_hashed(database, ana):
    with database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=NOW)
    with database.reading() as session:
        kept = session.scalars(select(SignInLink)).one()
    assert token not in (kept.token_hash, *map(str, vars(kept).values()))
    assert len(token) >= 43  # 256 bits


def test_two_people_press_at_once_and_one_gets_in(database, ana):
    with database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=NOW)
    outcomes = []
    gate = threading.Barrier(4)

    def press():
        gate.wait()
        try:
            with database.writing() as session:
                sign_in.by_link(session, token, now=NOW)
            outcomes.append("in")
        except NotAllowed:
            outcomes.append("out")

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "out", "out", "out"]


def test_a_disabled_persons_link_opens_nothing(database, ana):
    with database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=NOW)
        session.get(User, ana.id).disabled_at = NOW
    with database.writing() as session:
        assert not sign_in.is_usable(session, token, now=NOW)
        with pytest.raises(NotAllowed):
            sign_in.by_link(session, token, now=NOW)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é" * 500])
def test_a_made_up_token_opens_nothing(database, token):
    with database.writing() as session:
        assert not sign_in.is_usable(session, token, now=NOW)
        with pytest.raises(NotAllowed):
            sign_in.by_link(session, token, now=NOW)


def test_the_first_start_makes_brand_and_admin_and_a_link_that_opens(context, database):
    url = sign_in.first_link(context)
    assert url.startswith(context.settings.effective_public_url + "/sign-in/link/")
    with database.writing() as session:
        signed_in = sign_in.by_link(session, url.rpartition("/")[2], now=context.clock())
        assert session.get(Membership, (signed_in.user_id, session.scalars(select(Brand.id)).one())).role == Role.ADMIN


def test_a_second_start_makes_nobody_twice(context, database):
    assert sign_in.first_link(context) != sign_in.first_link(context)
    with database.reading() as session:
        assert len(session.scalars(select(User)).all()) == 1
        assert len(session.scalars(select(Brand)).all()) == 1


def test_no_link_is_made_once_an_admin_has_a_password(context, database):
    sign_in.first_link(context)
    with database.writing() as session:
        users.set_password(session, session.scalars(select(User)).one(), GOOD)
    assert sign_in.first_link(context) is None


def test_the_first_admin_joins_the_brand_there_is(context, database):
    with database.writing() as session:
        brand = make_brand(session)
        make_user(session, brand=brand, role=Role.AGENT)
    sign_in.first_link(context)
    with database.reading() as session:
        admins = session.scalars(select(Membership.brand_id).where(Membership.role == Role.ADMIN)).all()
        assert admins == [brand.id]
