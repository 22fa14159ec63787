"""`earshot reply draft|approve|send …`: a reply from first word to public and back, on the command line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from listeners.memory import feed, forget_feed
from responder.accounts import connections
from responder.models import Brand, Case, Role
from responder.settings import Settings, secret_key
from tests.factories import make_brand, make_case, make_mention, make_user
from tests.responder.replies.scene import ANSWER, COMPLAINT, as_heard

ON = {"EARSHOT_SENDING": "on"}


@pytest.fixture
def lamp(run, database, context, tmp_path):
    """A team of one, connected to an invented platform on which a complaint stands; yields the case."""
    run("count")
    settings = Settings(_env_file=None, home=tmp_path / "home", database_url=context.settings.database_url)
    name = f"cli-{tmp_path.name}"
    with database.writing() as session:
        brand = make_brand(session, name="Lumen")
        make_user(session, brand=brand, role=Role.ADMIN, name="Mina Osei", email="mina@example.org")
        connections.add_connection(
            session, replace(context, secret=secret_key(settings)), brand_id=brand.id, source="memory", name=name,
            values={"feed": name},
        )  # fmt: skip
        case = make_case(session, brand)
        mention = make_mention(session, brand, case=case, text=COMPLAINT, external_id="complaint-1")
        case.lead_mention_id = mention.id
    feed(name).post(as_heard(mention))
    yield feed(name), case.id
    forget_feed(name)


def told(done):
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_reply_goes_from_draft_to_public_and_back(run, lamp, database):
    platform, case = lamp
    written = told(run("reply", "draft", str(case), ANSWER, "--json"))
    assert written["state"] == "checked"
    approved = told(run("reply", "approve", str(written["id"]), "--anyway", "--json", env=ON))
    assert approved["state"] == "approved"
    sent = told(run("reply", "send", str(written["id"]), "--json", env=ON))
    assert (sent["state"], sent["seen_at"] is not None) == ("sent", True)
    assert [text for _, text in platform.replies.values()] == [ANSWER]
    assert json.loads(run("count", "--json").stdout)["replies"] == {"sent": 1}
    with database.reading() as session:
        assert session.get_one(Case, case).first_reply_at is not None
    again = run("reply", "send", str(written["id"]), env=ON)
    assert again.exit_code == 3
    assert "stands in public" in again.output
    assert (
        told(run("reply", "edit", str(written["id"]), "Sorry, Ada: tomorrow. ^Mina", "--anyway", "--json", env=ON))[
            "state"
        ]
        == "sent"
    )
    assert [text for _, text in platform.replies.values()] == ["Sorry, Ada: tomorrow. ^Mina"]
    assert told(run("reply", "retract", str(written["id"]), "--json", env=ON))["state"] == "retracted"
    assert platform.replies == {}


def test_sending_is_off_until_a_person_turns_it_on(run, lamp):
    platform, case = lamp
    reply = str(told(run("reply", "draft", str(case), ANSWER, "--json"))["id"])
    refused = run("reply", "approve", reply, "--anyway")
    assert refused.exit_code == 3
    assert "EARSHOT_SENDING=on" in refused.output
    run("reply", "approve", reply, "--anyway", env=ON)
    assert run("reply", "send", reply).exit_code == 3
    assert platform.replies == {}


def test_a_dry_run_ends_well_and_sends_nothing(run, lamp):
    platform, case = lamp
    dry = {"EARSHOT_SENDING": "dry_run"}
    reply = str(told(run("reply", "draft", str(case), ANSWER, "--json"))["id"])
    run("reply", "approve", reply, "--anyway", env=dry)
    assert told(run("reply", "send", reply, "--json", env=dry))["state"] == "rehearsed"
    assert platform.replies == {}


def test_an_approved_reply_is_called_back(run, lamp):
    _, case = lamp
    reply = str(told(run("reply", "draft", str(case), "-", "--json", stdin=ANSWER))["id"])
    run("reply", "approve", reply, "--anyway", env=ON)
    assert told(run("reply", "withdraw", reply, "--json"))["state"] == "checked"
    assert run("reply", "send", reply, env=ON).exit_code == 3


def test_replies_that_wait_for_a_person_are_listed(run, lamp):
    _, case = lamp
    assert run("reply", "list").exit_code == 3
    run("reply", "draft", str(case), ANSWER)
    listed = run("reply", "list")
    assert "checked" in listed.stdout
    assert [row["state"] for row in told(run("reply", "list", "--json"))] == ["checked"]


def test_who_may_send_is_said_by_a_rule(run, lamp, database):
    _, case = lamp
    assert told(run("reply", "rule", "draft", "--role", "admin", "--json"))["mode"] == "draft"
    reply = str(told(run("reply", "draft", str(case), ANSWER, "--json"))["id"])
    refused = run("reply", "approve", reply, "--anyway", env=ON)
    assert refused.exit_code == 3
    assert "not approve" in refused.output


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (("draft", "9999", "Hi"), "no such case", 3),
        (("draft", "CASE", "  "), "nothing to say", 2),
        (("draft", "CASE", "Hi", "--mention", "nothing"), "external id nothing", 3),
        (("draft", "CASE", "Hi", "--by", "nobody@example.org"), "nobody@example.org", 3),
        (("approve", "9999"), "no such reply", 3),
        (("send", "9999"), "no such reply", 3),
    ],
)
def test_what_cannot_be_done_says_why(run, lamp, arguments, says, code):
    _, case = lamp
    done = run("reply", *(str(case) if part == "CASE" else part for part in arguments), env=ON)
    assert done.exit_code == code, done.output
    assert says in done.output


def test_of_several_people_one_must_be_named(run, lamp, database):
    _, case = lamp
    with database.writing() as session:
        make_user(session, brand=session.scalars(select(Brand)).one())
    assert "--by EMAIL" in run("reply", "draft", str(case), ANSWER).output
    assert run("reply", "draft", str(case), ANSWER, "--by", "MINA@example.org").exit_code == 0
