"""Every factory makes a row both databases take."""

from __future__ import annotations

from responder.db import Database
from responder.models import Case, CaseWatch, Membership, Mention
from tests import factories


def test_every_factory_makes_a_valid_row(database: Database) -> None:
    with database.writing() as session:
        brand = factories.make_brand(session)
        factories.make_user(session, brand=brand)
        watch = factories.make_watch(session, brand)
        factories.make_poll(session, watch, factories.make_connection(session, brand))
        author = factories.make_author(session, brand)
        mention = factories.make_mention(session, watch=watch, author=author, p_negative=0.9)
        case = factories.make_case(session, lead=mention, watch=watch)
    with database.reading() as session:
        assert session.get_one(Mention, mention.id).case_id == case.id
        assert session.get_one(Mention, mention.id).label == "negative"
        assert session.get_one(Case, case.id).author_id == author.id
        assert session.query(CaseWatch).count() == 1
        assert session.query(Membership).one().brand_id == brand.id


def test_a_test_starts_with_an_empty_database(database: Database) -> None:
    with database.reading() as session:
        assert session.query(Mention).count() == 0
