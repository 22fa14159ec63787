"""Each mention joins its author's active case or opens one; the case follows its most unhappy live mention."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from listeners.mentions import Author, Mention
from listeners.queries import Query
from responder.cases.ranking import rank_key
from responder.context import Context
from responder.db import Database
from responder.intake.scoring import score_waiting
from responder.models import Case, CaseState, CaseWatch, Watch
from tests.factories import NOW, make_user
from tests.responder.intake.stores import CREATED, Store, a_mention
from tests.scorers import WordScorer, opinion_of

TEXTS = sorted((f"text {number}" for number in range(20)), key=lambda text: opinion_of(text).p_negative)
CALM, CROSS, FURIOUS = TEXTS[0], TEXTS[10], TEXTS[-1]
FIRE = "The kettle caught fire and the kitchen is full of smoke"


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
def take_in(store: Store, context: Context) -> Any:
    """Store mentions and score them."""

    def both(*mentions: Mention, **how: Any) -> None:
        store(*mentions, **how)
        score_waiting(context, WordScorer(), batch=100)
        store.check()

    return both


def test_an_authors_mentions_share_one_case(store: Store, take_in: Any) -> None:
    take_in(a_mention("1", CALM), a_mention("2", FURIOUS), a_mention("3", CALM, author=Author(external_id="bob")))
    take_in(a_mention("4", CROSS))
    assert store.case("1").id == store.case("2").id == store.case("4").id != store.case("3").id
    case = store.case("1")
    assert (case.mention_count, case.state) == (3, "open")
    assert store.events(case.id) == ["opened", "mention_joined"]


def test_a_case_shows_its_most_unhappy_mention(store: Store, take_in: Any) -> None:
    ann = Author(external_id="ann", followers=1200)
    take_in(a_mention("1", CALM, author=ann), a_mention("2", FURIOUS, author=ann, created_at=CREATED + timedelta(1e-6)))
    case, lead, opinion = store.case(), store.row("2"), opinion_of(FURIOUS)
    assert (case.lead_mention_id, case.p_negative, case.label, case.abstained, case.language, case.followers) == (
        lead.id,
        opinion.p_negative,
        opinion.label,
        opinion.abstained,
        opinion.language,
        1200,
    )
    assert case.lead_at == lead.created_at
    assert case.rank_key == rank_key(
        p_negative=opinion.p_negative, followers=1200, lead_at=lead.created_at, abstained=opinion.abstained
    )


def test_a_guess_never_leads_in_front_of_what_is_surely_worse(store: Store, take_in: Any) -> None:
    opinions = {text: opinion_of(text) for text in (f"words {number}" for number in range(200))}
    sure = next(text for text, found in opinions.items() if not found.abstained and 0.45 < found.p_negative < 0.5)
    guess = next(text for text, found in opinions.items() if found.abstained and 0.5 < found.p_negative < 0.6)
    take_in(a_mention("1", sure))
    alone = store.case().rank_key
    take_in(a_mention("2", guess))
    assert (store.case().lead_mention_id, store.case().rank_key) == (store.row("1").id, alone)


def test_a_case_moves_when_its_author_is_heard_to_have_more_followers(store: Store, take_in: Any) -> None:
    take_in(a_mention(author=Author(external_id="ann", followers=10)))
    before = store.case().rank_key
    store(a_mention(author=Author(external_id="ann", followers=90_000)))
    assert store.case().followers == 90_000
    assert store.case().rank_key > before
    store.check()


def test_followers_nobody_told_stay_unknown(store: Store, take_in: Any) -> None:
    take_in(a_mention())
    assert store.case().followers is None


@pytest.mark.parametrize("state", [CaseState.PENDING, CaseState.SNOOZED])
def test_a_case_that_waited_or_slept_opens_again_when_its_author_speaks(
    store: Store, take_in: Any, state: CaseState
) -> None:
    take_in(a_mention("1"))
    until = NOW + timedelta(days=1) if state == CaseState.SNOOZED else None
    with store.database.writing() as session:
        session.execute(update(Case).values(state=state, snoozed_until=until))
    take_in(a_mention("2", CROSS))
    case = store.case("2")
    assert (case.id, case.state, case.snoozed_until) == (store.case("1").id, "open", None)
    assert store.events(case.id) == ["opened", "mention_joined", "reopened"]


def test_after_a_resolved_case_the_author_opens_a_new_one(store: Store, take_in: Any) -> None:
    take_in(a_mention("1"))
    with store.database.writing() as session:
        session.execute(update(Case).values(state=CaseState.RESOLVED, resolution="answered", resolved_at=NOW))
    take_in(a_mention("2", CROSS))
    assert store.case("1").id != store.case("2").id
    assert store.case("1").state == "resolved"


def test_mentions_without_an_author_share_a_case_by_thread(store: Store, take_in: Any) -> None:
    take_in(
        *(a_mention(str(n), f"text {n}", author=None, thread_id=t) for n, t in enumerate(["a", "a", "b", None, None]))
    )
    take_in(a_mention("later", "later", author=None, thread_id="a"))
    cases = [store.case(str(number)).id for number in range(5)]
    assert cases[0] == cases[1] == store.case("later").id
    assert len(set(cases)) == 4


def test_our_own_words_and_reposts_open_nothing(store: Store, take_in: Any) -> None:
    query = Query.parse("kettle", exclude_authors=frozenset({"@OurBrand"})).to_dict()
    with store.database.writing() as session:
        session.execute(update(Watch).where(Watch.id == store.watch_id).values(query=query))
    take_in(
        a_mention("1", author=Author(external_id="9", handle="ourbrand")),
        a_mention("2", author=Author(external_id="bob"), is_repost=True),
    )
    assert (store.row("1").case_id, store.row("2").case_id, store.count(Case)) == (None, None, 0)
    assert store.row("1").scored_at is not None


def test_an_edit_moves_the_lead_and_is_scored_again(store: Store, take_in: Any, context: Context) -> None:
    take_in(a_mention("1", FURIOUS), a_mention("2", CROSS))
    store(a_mention("1", CALM, edited_at=CREATED + timedelta(minutes=1)))
    store.check()
    assert store.case().lead_mention_id == store.row("2").id
    score_waiting(context, WordScorer(), batch=10)
    assert (store.case().mention_count, store.case().p_negative) == (2, opinion_of(CROSS).p_negative)
    assert store.events(store.case().id)[-1] == "mention_edited"


def test_a_deletion_hands_the_lead_to_the_next(store: Store, take_in: Any) -> None:
    take_in(a_mention("1", FURIOUS), a_mention("2", CROSS))
    store(gone=("1",))
    store.check()
    case = store.case("2")
    assert (case.lead_mention_id, case.mention_count, case.state) == (store.row("2").id, 1, "open")


def test_danger_goes_with_the_last_text_that_tells_of_it(store: Store, take_in: Any) -> None:
    take_in(a_mention("1", FIRE), a_mention("2", FIRE), a_mention("3", CROSS))
    store(gone=("1",))
    assert store.case("3").safety == "fire"
    take_in(a_mention("2", CALM, edited_at=CREATED + timedelta(minutes=1)))
    assert store.case("3").safety is None
    assert store.events(store.case("3").id).count("danger") == 2


def test_danger_that_a_person_spoke_of_outlives_every_text(store: Store, take_in: Any, database: Database) -> None:
    take_in(a_mention("1", FIRE), a_mention("2", CROSS))
    with database.writing() as session:
        user = make_user(session)
        session.execute(update(Case).values(safety_by=user.id))
    store(gone=("1",))
    assert store.case("2").safety == "fire"


def test_a_case_of_which_nothing_is_left_is_resolved_as_gone(store: Store, take_in: Any) -> None:
    take_in(a_mention("1"), a_mention("2", CROSS))
    store(gone=("1", "2"))
    case = store.case("1")
    assert (case.state, case.resolution, case.mention_count, case.lead_mention_id) == ("resolved", "gone", 0, None)
    assert store.events(case.id)[-1] == "resolved"
    take_in(a_mention("3"))
    assert store.case("3").id != case.id


def test_a_case_knows_every_watch_that_heard_it(store: Store, take_in: Any) -> None:
    take_in(a_mention("1"))
    store(a_mention("1"), watch_ids=(store.other_watch_id,))
    with store.database.reading() as session:
        assert set(session.scalars(select(CaseWatch.watch_id))) == {store.watch_id, store.other_watch_id}
