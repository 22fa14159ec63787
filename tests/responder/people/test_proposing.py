"""Accounts of one person are noticed as they are heard, once, within a brand, and only when enough speaks for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from responder.context import Context
from responder.intake import leads
from responder.intake.embedding import packed
from responder.models import AccountLink, AccountTrace, Author, Case, Incident, MentionVector, PeopleProgress
from responder.people import proposing
from responder.people.traces import meetings
from tests.factories import NOW
from tests.responder.people.crowd import RARE, Crowd

ORDER = "Order no. 4711-0815 never came"


def pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def test_a_rare_handle_and_a_name_on_two_platforms_are_proposed(crowd):
    one = crowd.hear("x", RARE, name="Ana Brook")
    other = crowd.hear("bluesky", "did:1", handle="QZX-melih.1987.bsky.social", name="Brook, Ana")
    crowd.notice()
    (link,) = crowd.links()
    assert (link.one_id, link.other_id, link.status) == (*pair(one, other), "proposed")
    assert link.clues.keys() == {"same_handle", "same_name"}
    assert link.bits == pytest.approx(sum(link.clues.values()) - 9.97, abs=0.02)  # a thousand people at least
    assert link.proposed_at == NOW


def test_a_handle_alone_is_at_most_a_maybe_and_changes_nothing(crowd):
    one = crowd.hear("x", RARE)
    crowd.hear("bluesky", RARE)
    crowd.notice()
    assert [link.status for link in crowd.links()] == ["maybe"]
    assert crowd.person(one) == {one}


def test_nothing_is_ever_confirmed_by_itself(crowd):
    url = "https://ana.example/me"
    for source in ("x", "csv"):
        crowd.hear(source, RARE, name="Ana Brook", url=url, text=f"{ORDER}. Write to ana@mail.example")
    crowd.notice()
    assert [link.status for link in crowd.links()] == ["proposed"]


def test_everyday_names_are_not_proposed(crowd):
    for source in ("x", "bluesky", "reddit"):
        crowd.hear(source, "john", name="John")
    crowd.notice()
    assert crowd.links() == []


def test_two_accounts_on_one_platform_are_never_proposed(crowd):
    crowd.hear("x", "first", text=ORDER, name="Ana Brook", handle=RARE)
    crowd.hear("x", "second", text=ORDER, name="Ana Brook", handle=RARE)
    crowd.notice()
    assert crowd.links() == []


def test_accounts_of_one_platform_never_even_meet(crowd):
    first, second = (crowd.hear("x", who, handle=RARE, name="Ana Brook") for who in ("first", "second"))
    third = crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    with crowd.database.reading() as session:
        assert meetings(session, crowd.brand_id, {first, second}) == {pair(first, third), pair(second, third)}


def test_an_order_number_given_in_both_conversations_is_a_clue_of_a_hash_only(crowd):
    crowd.hear("x", "copperloop", text=ORDER, name="Ana Brook")
    crowd.hear("bluesky", "gazdunn", text="my order is 47110815!!", name="Ana Brook")
    crowd.notice()
    assert crowd.links()[0].clues.keys() == {"same_order", "same_name"}
    with crowd.database.reading() as session:
        stored = repr(session.execute(select(AccountTrace.kind, AccountTrace.mark)).all())
    assert "4711" not in stored
    assert "copperloop" not in stored


def test_a_number_that_four_people_give_is_nobodys_own(crowd):
    for number in range(4):
        crowd.hear(f"place-{number}", f"person{number}kz", text=ORDER, name="Ana Brook")
    crowd.notice()
    assert not any("same_order" in link.clues for link in crowd.links())


def test_the_code_of_a_case_given_in_both_conversations_is_a_clue(crowd):
    third = crowd.case_of(crowd.hear("reddit", "somebody"))
    for source, who in (("x", "copperloop"), ("bluesky", "gazdunn")):
        crowd.hear(source, who, text=f"it is about {crowd.code(third)}", name="Ana Brook")
    crowd.notice()
    assert crowd.links()[0].clues.keys() == {"same_code", "same_name"}


def test_saying_where_else_one_is_counts_one_way_and_both_ways(crowd):
    crowd.hear("x", "copperloop", text="I'm @gazdunn.bsky.social on Bluesky")
    crowd.hear("bluesky", "gazdunn.bsky.social")
    crowd.notice()
    assert crowd.links() == []  # twelve bits are not enough
    crowd.hear("bluesky", "gazdunn.bsky.social", text="and I am @copperloop on X")
    crowd.notice()
    assert [(link.status, link.clues) for link in crowd.links()] == [("proposed", {"linked_both_ways": 30.0})]


def test_the_same_name_elsewhere_is_found_by_the_account_it_means(crowd):
    crowd.hear("x", "copperloop", text="same name on Mastodon", name="Ana Brook")
    crowd.hear("mastodon", "7", handle="copperloop@soc.example", name="Ana Brook")
    crowd.notice()
    assert crowd.links()[0].clues.keys() == {"linked_one_way", "same_handle", "same_name"}


def test_a_link_that_mastodon_verified_is_a_proof(crowd):
    field = {"value": '<a href="https://bsky.app/profile/gazdunn.bsky.social">b</a>', "verified_at": "2026-01-01"}
    crowd.hear("mastodon", "7", handle="copperloop@soc.example", raw={"account": {"fields": [field]}})
    crowd.hear("bluesky", "did:1", handle="gazdunn.bsky.social")
    crowd.notice()
    assert crowd.links()[0].clues == {"linked_both_ways": 30.0}


def test_a_domain_is_a_proof_on_bluesky_and_mastodon(crowd):
    field = {"value": '<a href="https://gazdunn.example">me</a>', "verified_at": "2026-01-01"}
    crowd.hear("mastodon", "7", handle="copperloop@soc.example", raw={"account": {"fields": [field]}})
    crowd.hear("bluesky", "did:1", handle="gazdunn.example")
    crowd.notice()
    assert crowd.links()[0].clues == {"linked_both_ways": 30.0}


def gather(crowd, *author_ids: int, alike: bool = True) -> None:
    """Put what these people said into one incident, as `responder.incidents` does."""
    import numpy as np

    with crowd.database.writing() as session:
        session.execute(
            insert(Incident).values(
                id=1, brand_id=crowd.brand_id, voices=2, case_count=2, sources=["x"], opened_at=NOW, last_at=NOW
            )
        )
        for place, author_id in enumerate(author_ids):
            case = session.scalars(select(Case).where(Case.author_id == author_id)).one()
            case.incident_id = 1
            row = session.get(MentionVector, case.lead_mention_id)
            row.model, row.vector = "test", packed(np.eye(4, dtype=np.float32)[0 if alike else place])
            leads.note(session, "joined_incident", [(case.id, {"incident_id": 1})], now=NOW)


@pytest.mark.parametrize("alike", [True, False])
def test_the_same_incident_counts_when_the_words_are_near_the_same(crowd, alike):
    authors = [crowd.hear(source, who, name="Ana Brook") for source, who in (("x", RARE), ("bluesky", RARE))]
    crowd.notice()
    assert "same_incident" not in crowd.links()[0].clues
    gather(crowd, *authors, alike=alike)
    crowd.notice()
    assert ("same_incident" in crowd.links()[0].clues) is alike


def test_an_incident_brings_together_who_shares_no_name(crowd, monkeypatch):
    monkeypatch.setattr("responder.people.clues.FEWEST_PEOPLE", 1)
    authors = [crowd.hear(source, who) for source, who in (("x", "qzxmelihkaya"), ("bluesky", "qzxmelihkaja"))]
    gather(crowd, *authors)
    crowd.notice()
    assert crowd.links()[0].clues.keys() == {"same_incident", "similar_handle"}


@pytest.mark.parametrize(("sources", "refused"), [(("x", "x"), False), (("x", "bluesky"), True)])
def test_an_incident_brings_nobody_together_who_may_not_be_linked(crowd, monkeypatch, sources, refused):
    """Two accounts on one platform, and who objected, here after they were gathered."""
    monkeypatch.setattr("responder.people.clues.FEWEST_PEOPLE", 1)
    authors = [crowd.hear(source, who) for source, who in zip(sources, ("qzxmelihkaya", "qzxmelihkaja"), strict=True)]
    gather(crowd, *authors)
    if refused:
        crowd.objects("x", "qzxmelihkaya")
    crowd.notice()
    assert crowd.links() == []


def test_looking_again_changes_nothing(crowd):
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.hear("bluesky", RARE, name="Ana Brook")
    assert crowd.notice() == 2
    before = [(link.id, link.clues, link.bits) for link in crowd.links()]
    assert crowd.notice() == 0
    crowd.hear("bluesky", RARE, name="Ana Brook")
    assert crowd.notice() == 1
    assert [(link.id, link.clues, link.bits) for link in crowd.links()] == before


def test_whatever_the_size_of_a_step_the_same_is_found(crowd):
    ids = [crowd.hear(source, who, name="Ana Brook") for who in (RARE, "wobblyturnip9") for source in ("x", "reddit")]
    while crowd.notice(step=1):
        pass
    assert (
        crowd.statuses().keys()
        == {pair(*ids[:2]), pair(*ids[2:])} | {pair(ids[0], ids[3]), pair(ids[1], ids[2])} & crowd.statuses().keys()
    )
    assert crowd.statuses()[pair(*ids[:2])] == "proposed"


@pytest.mark.parametrize("decision", ["reject", "revoke"])
def test_a_pair_that_was_rejected_or_revoked_is_never_proposed_again(crowd, decision):
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    (link,) = crowd.links()
    if decision == "revoke":
        crowd.confirm(link)
    getattr(crowd, decision)(link)
    decided = crowd.statuses()
    for source in ("x", "bluesky"):
        crowd.hear(source, RARE, name="Ana Brook", text=ORDER)
    assert crowd.notice() == 2
    assert crowd.statuses() == decided


def test_a_confirmed_pair_stays_as_it_was_confirmed(crowd):
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    (link,) = crowd.links()
    crowd.confirm(link)
    crowd.hear("x", RARE, name="Somebody Else", text=ORDER)
    crowd.notice()
    assert crowd.links()[0].clues == link.clues


def test_a_proposal_that_rested_on_a_text_goes_with_the_text(crowd):
    crowd.hear("x", "copperloop", name="Ana Brook")
    crowd.hear("x", "copperloop", text=ORDER, name="Ana Brook")
    said = crowd.last.external_id
    crowd.hear("bluesky", "gazdunn", text=ORDER, name="Ana Brook")
    crowd.notice()
    assert [link.status for link in crowd.links()] == ["proposed"]
    crowd.store(gone=(said,))
    with crowd.database.reading() as session:
        kinds = session.scalars(select(AccountTrace.kind).where(AccountTrace.mention_id.is_not(None))).all()
    assert kinds == ["order"]  # the other person's; at once, before the job looks
    crowd.notice()
    assert crowd.links() == []


def test_an_edited_text_is_read_anew(crowd):
    crowd.hear("x", "copperloop", text=ORDER, name="Ana Brook")
    mention = crowd.last
    crowd.hear("bluesky", "gazdunn", text="Order no. 998877-66 never came", name="Ana Brook")
    crowd.notice()
    assert crowd.links() == []
    crowd.edit(mention, "Order no. 998877-66, sorry")
    with crowd.database.reading() as session:
        assert session.scalar(select(func.count()).where(AccountTrace.mention_id.is_not(None))) == 1  # the other's
    crowd.notice()
    assert crowd.links()[0].clues.keys() == {"same_order", "same_name"}


def test_a_new_name_makes_a_new_pair(crowd):
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.hear("bluesky", "did:1", handle="gazdunn", name="Gaz")
    crowd.notice()
    assert crowd.links() == []
    crowd.hear("bluesky", "did:1", handle=RARE, name="Ana Brook")
    crowd.notice()
    assert [link.status for link in crowd.links()] == ["proposed"]


def test_people_of_two_brands_never_meet(crowd, context, database):
    other = Crowd(database, context, name="Lumen")
    crowd.hear("x", RARE, name="Ana Brook", text=ORDER)
    other.hear("bluesky", RARE, name="Ana Brook", text=ORDER)
    crowd.notice()
    assert crowd.links() == other.links() == []
    with database.reading() as session:
        marks = session.execute(select(AccountTrace.brand_id, AccountTrace.mark)).all()
    assert {m.mark for m in marks if m.brand_id == crowd.brand_id}.isdisjoint(
        m.mark for m in marks if m.brand_id == other.brand_id
    )


def test_each_brand_has_its_own_place_in_what_happened(crowd, context, database):
    other = Crowd(database, context, name="Lumen")
    crowd.hear("x", RARE)
    crowd.notice()
    other.hear("x", RARE)
    crowd.hear("bluesky", RARE)
    assert crowd.notice() == 2
    assert [link.status for link in crowd.links()] == ["maybe"]


def test_an_idle_brand_is_brought_up_to_date_when_it_is_far_behind(crowd, context, database, monkeypatch):
    other = Crowd(database, context, name="Lumen")
    monkeypatch.setattr(proposing, "_FAR_BEHIND", 3)
    for number in range(5):
        crowd.hear("x", f"somebody{number}")
    assert crowd.notice() == 5
    with database.reading() as session:
        assert session.get_one(PeopleProgress, other.brand_id).event_id > 3


def test_our_own_words_and_what_is_in_no_case_leave_no_trace(crowd):
    crowd.hear("x", RARE)
    with crowd.database.writing() as session:
        session.execute(AccountTrace.__table__.delete())
        session.execute(Case.__table__.delete())
    crowd.notice()
    with crowd.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AccountTrace)) == 0


def test_with_an_account_go_its_traces_and_links(crowd):
    one = crowd.hear("x", RARE, name="Ana Brook")
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    crowd.store(gone=("said-1",))
    with crowd.database.reading() as session:
        assert session.get(Author, one) is None
        assert session.scalars(select(AccountTrace.author_id).where(AccountTrace.author_id == one)).all() == []
        assert session.scalar(select(func.count()).select_from(AccountLink)) == 0


def test_a_name_everybody_bears_brings_nobody_together(crowd, monkeypatch):
    monkeypatch.setattr("responder.people.traces.MEETING_MOST", 3)
    for number in range(4):
        crowd.hear(f"place-{number}", f"person{number}kz", name="Ana Brook")
    crowd.notice()
    assert crowd.links() == []


def test_another_secret_finds_nothing_in_common(crowd, context):
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.notice()
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.context = replace(context, secret="another secret of this installation, long enough")
    crowd.notice()
    assert crowd.links() == []


def test_the_job_follows_events_without_reading_all_of_them(crowd, database):
    """The plan must walk the events from the last one on: a million older ones cost nothing."""
    crowd.hear("x", RARE)
    if not database.is_sqlite:
        return  # PostgreSQL keeps statistics
    statements: list[str] = []
    from sqlalchemy import event as events

    @events.listens_for(database.engine, "before_cursor_execute")
    def note(_c, _cursor, statement, *_more):
        statements.append(statement)

    crowd.notice()
    events.remove(database.engine, "before_cursor_execute", note)
    wanted = next(each for each in statements if "FROM case_events" in each and "max(" not in each)
    with database.engine.connect() as connection:
        count = wanted.count("?")
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}", tuple(range(count))).fetchall()
    assert "case_events USING INTEGER PRIMARY KEY (rowid>?)" in str(plan), plan


def test_the_context_is_all_the_job_needs(context: Context):
    assert proposing.propose_due(context) == 0
