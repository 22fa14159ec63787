"""Which brand is meant."""

from __future__ import annotations

import pytest

from responder.accounts.brands import brand_named, default_brand
from responder.errors import Invalid, NotFound
from responder.models import Brand
from tests.factories import NOW, make_brand


def test_the_first_start_makes_a_brand_and_the_second_finds_it(database):
    with database.writing() as session:
        made = default_brand(session, now=NOW)
        assert default_brand(session, now=NOW).id == made.id
        assert session.query(Brand).count() == 1


def test_among_several_brands_none_is_guessed(database):
    with database.writing() as session:
        make_brand(session, name="Kettle & Co")
        make_brand(session, name="Teapots")
        with pytest.raises(Invalid, match=r"--brand.*Kettle & Co, Teapots"):
            default_brand(session, now=NOW)


def test_a_brand_is_found_whatever_its_letters_case(database):
    with database.writing() as session:
        brand = make_brand(session, name="Kettle & Co")
        assert brand_named(session, " kettle & co").id == brand.id
        with pytest.raises(NotFound, match="Known are: Kettle & Co"):
            brand_named(session, "Teapots")
