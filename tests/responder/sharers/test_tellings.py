from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest

from responder.errors import Invalid
from responder.sharers.foretelling import telling_scores
from responder.sharers.tellings import DAY, known_at, read_tellings

NOON = DAY / 2
HEAD = "author,t,followers,listed,statuses,acct_created,is_rt,orig_author"


def file(tmp_path, *rows: str, head: str = HEAD):
    path = tmp_path / "tellings.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def known(tmp_path, *rows: str, at: float, past_days: float = 365, head: str = HEAD):
    tellings = read_tellings(file(tmp_path, *rows, head=head))
    found = known_at(tellings, at, past_days=past_days)
    return {tellings.people[who]: place for place, who in enumerate(found.author)}, found


def test_a_day_counts_once_and_half_after_sixty_days(tmp_path):
    place, found = known(
        tmp_path, f"mira,{NOON},,,,,0,", f"mira,{NOON + 60},,,,,0,", f"teo,{60 * DAY + NOON},,,,,0,", at=61 * DAY
    )
    assert found.days.tolist() == [1, 1]
    assert found.posts[place["mira"]] == 2
    assert found.telling[place["teo"]] == pytest.approx(2 ** (-0.5 / 60))
    assert found.telling[place["mira"]] == pytest.approx(found.telling[place["teo"]] / 2)


def test_only_the_past_asked_for_is_read_and_never_the_future(tmp_path):
    place, found = known(
        tmp_path,
        f"early,{NOON},,,,,0,",
        f"mira,{50 * DAY},,,,,0,",
        f"late,{60 * DAY},,,,,0,",
        at=60 * DAY,
        past_days=30,
    )
    assert list(place) == ["mira"]
    assert len(found.telling) == 1


def test_what_a_platform_does_not_tell_is_unknown_and_not_nothing(tmp_path):
    _, found = known(tmp_path, "mira,1000", at=DAY, head="author,t")
    for name in ("followers", "reputation", "rate", "reshared", "carry", "age"):
        assert np.isnan(getattr(found, name)).all(), name
    _, half = known(tmp_path, "mira,1000,", "teo,1000,7", at=DAY, head="author,t,followers")
    assert np.isnan(half.followers).tolist() == [True, False]


def test_fewer_than_none_is_unknown_but_a_reputation_may_be_bad(tmp_path):
    head = "author,t,followers,listed,statuses,reputation"
    _, found = known(tmp_path, "mira,1000,-1,-1,-1,-40", "teo,1000,7,2,9,3", at=DAY, head=head)
    assert np.isnan(found.followers).tolist() == [True, False]
    assert found.reputation.tolist() == [-40, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isnan(telling_scores(found)).any()


def test_posts_a_day_come_from_two_sights(tmp_path):
    # 700 posts in the first 100 days; 21 more in the 7 days between the two sights.
    _, found = known(tmp_path, f"mira,{100 * DAY},9,1,700,0,0,", f"mira,{107 * DAY},9,1,721,0,0,", at=108 * DAY)
    assert found.rate[0] == pytest.approx((7 * 7 + 21) / (7 + 7))


def test_who_is_reshared_more_than_expected_carries_further(tmp_path):
    rows = [f"mira,{DAY},100,1,1,0,0,", f"teo,{DAY},100,1,1,0,0,"]
    rows += [f"fan{number},{DAY + number},5,1,1,0,1,mira" for number in range(6)]
    place, found = known(tmp_path, *rows, at=2 * DAY)
    assert found.reshared[place["mira"]] == 6
    assert found.carry[place["mira"]] > 2 * found.carry[place["teo"]]
    assert found.original[place["mira"]] == 1
    assert found.original[place["fan1"]] == 0


def test_reshares_of_people_never_heard_are_nobodys(tmp_path):
    place, found = known(tmp_path, "fan,1000,5,1,1,0,1,stranger", "mira,2000,5,1,1,0,0,", at=DAY)
    assert "stranger" not in place
    assert found.reshared.tolist() == [0, 0]


def test_packed_files_are_read_as_well(tmp_path):
    path = tmp_path / "tellings.csv.gz"
    path.write_bytes(gzip.compress(b"author,t\nmira,1000\n"))
    assert read_tellings(path).people == ("mira",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("when,who\n1,2\n", "no column author, t"),
        ("author,t\nmira,soon\n", r"line 2: t is 'soon', not a number"),
        ("author,t\n,5\n", "line 2: author or t is empty"),
        ("author,t\nmira,\n", "line 2: author or t is empty"),
        ("author,t\n", "holds no tellings"),
        ("", "no column"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_line(tmp_path, text, says):
    path = tmp_path / "tellings.csv"
    path.write_text(text)
    with pytest.raises(Invalid, match=says):
        read_tellings(path)


def test_a_broken_packed_file_is_refused(tmp_path):
    path = tmp_path / "tellings.csv.gz"
    path.write_bytes(gzip.compress(b"author,t\nmira,1000\n")[:-9])
    with pytest.raises(Invalid, match="cannot be read"):
        read_tellings(path)


def test_a_packed_file_damaged_within_is_refused(tmp_path):
    packed = bytearray(gzip.compress(b"author,t\n" + b"".join(b"mira%d,%d\n" % (n * n, n * 977) for n in range(500))))
    packed[60:90] = bytes(each ^ 255 for each in packed[60:90])
    path = tmp_path / "tellings.csv.gz"
    path.write_bytes(packed)
    with pytest.raises(Invalid, match="cannot be read"):
        read_tellings(path)


def test_the_mark_that_spreadsheets_put_first_is_no_part_of_a_column(tmp_path):
    path = tmp_path / "tellings.csv"
    path.write_text("author,t\nmira,1000\n", encoding="utf-8-sig")
    assert read_tellings(path).people == ("mira",)
    packed = tmp_path / "tellings.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_tellings(packed).people == ("mira",)
