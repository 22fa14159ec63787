"""Whether those who only look like frequent sharers are kept out, and no person is lost: planted among a crowd."""

from __future__ import annotations

import json
import os
from calendar import timegm
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from responder.sharers.foretelling import telling_scores
from responder.sharers.kinds import Habits, Kind, judge
from responder.sharers.reference import percentile
from responder.sharers.score import FLAGGED_PERCENTILE, LEAST_DAYS
from responder.sharers.tellings import DAY, Tellings, known_at, read_tellings
from responder.sharers.traces import trace

PLANTED = Path(__file__).parent / "planted"
SHARED = Path(os.environ.get("EARSHOT_SHARED", Path(__file__).resolve().parents[4] / "shared"))
STOCKNET = SHARED / "data" / "sharers" / "stocknet_tweets.csv.gz"
AT = float(timegm((2015, 7, 1, 0, 0, 0)))
PAST = 180.0
WEEK = 7


class Standing(NamedTuple):
    score: float
    percentile: float
    days: float


def read(name: str) -> list[dict]:
    return [json.loads(line) for line in (PLANTED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def count(authors: list[dict], *, pictures: bool = False) -> tuple[dict[str, Habits], dict[str, list[float]]]:
    """Return the habits of each author, and when each told something that was not told before (days ago).

    Copies are told by the marks in the order of time, over all authors. `pictures`: they count as links, as on
    platforms that say no more than how many attachments there are.
    """
    counts: defaultdict[str, Counter] = defaultdict(Counter)
    told: defaultdict[str, list[float]] = defaultdict(list)
    firsts: dict[int, str] = {}
    posts = [(-post["days_ago"], author["author"], post) for author in authors for post in author["posts"]]
    for since, name, post in sorted(posts, key=lambda each: each[:2]):
        found = trace(post["text"], links=post["links"] if pictures else None)
        first = None if post["reshare"] or found.mark is None else firsts.setdefault(found.mark, name)
        seen = first is not None and (first != name or counts[name]["mark", found.mark] > 0)
        counts[name]["mark", found.mark] += 1
        if not seen:
            told[name].append(-since)
        if not post["reshare"]:
            counts[name]["own_words"] += 1
            counts[name]["copied"] += seen and first != name
            counts[name]["repeated"] += seen and first == name
            for habit in ("linked", "personal", "selling"):
                counts[name][habit] += getattr(found, habit)
    return {author["author"]: habits_of(author, counts[author["author"]]) for author in authors}, told


def habits_of(author: dict, counts: Counter) -> Habits:
    age = author["account_age_days"]
    return Habits(
        **{name: counts[name] for name in ("own_words", "linked", "personal", "selling", "copied", "repeated")},
        posts_per_day=author["statuses"] / age if age >= WEEK else None,
        is_bot=author["is_bot"],
        is_organisation=author["verified_organisation"],
    )


def mixed(crowd: Tellings, authors: list[dict], told: dict[str, list[float]], *, at: float) -> Tellings:
    """Return a crowd's tellings with what these authors told, as fresh as it is."""
    rows = sorted(
        (at - since * DAY - 1, place) for place, author in enumerate(authors) for since in told[author["author"]]
    )
    when, who = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    order = np.argsort(np.concatenate([crowd.at, when]), kind="stable")
    known = {
        "followers": [author["followers"] for author in authors],
        "listed": [author["listed"] for author in authors],
        "statuses": [author["statuses"] for author in authors],
        "acct_created": [at - author["account_age_days"] * DAY for author in authors],
    }
    return Tellings(
        people=(*crowd.people, *(author["author"] for author in authors)),
        author=np.concatenate([crowd.author, len(crowd.people) + who])[order],
        at=np.concatenate([crowd.at, when])[order],
        reshare=np.concatenate([crowd.reshare, np.zeros(len(rows), bool)])[order],
        original=np.concatenate([crowd.original, np.full(len(rows), -1)])[order],
        told={
            name: np.concatenate([values, np.array(known[name], float)[who]])[order]
            for name, values in crowd.told.items()
            if name in known
        },
    )


def scores_of(crowd: Tellings, authors: list[dict], told: dict[str, list[float]], *, at: float) -> dict[str, Standing]:
    """Return how these authors score among that crowd, and the percentile and telling-days that go with it."""
    tellings = mixed(crowd, authors, told, at=at)
    known = known_at(tellings, at, past_days=PAST)
    scores = telling_scores(known)
    knots = np.sort(scores)
    return {
        tellings.people[author]: Standing(score, percentile(knots, score), days)
        for author, score, days in zip(known.author, scores, known.days, strict=True)
        if author >= len(crowd.people)
    }


def frequent(crowd: Tellings, authors: list[dict], told: dict[str, list[float]], *, at: float) -> set[str]:
    """Return which of these authors would be called frequent sharers among that crowd."""
    found = scores_of(crowd, authors, told, at=at)
    return {name for name, each in found.items() if each.days >= LEAST_DAYS and each.percentile >= FLAGGED_PERCENTILE}


def people_among(authors: list[dict], habits: dict[str, Habits]) -> list[dict]:
    return [author for author in authors if judge(habits[author["author"]]).kind is Kind.PERSON]


@pytest.fixture(scope="module")
def pretenders() -> set[str]:
    return {author["author"] for author in read("pretenders")}


@pytest.fixture(scope="module")
def everybody() -> list[dict]:
    return read("pretenders") + read("tellers")


@pytest.fixture(scope="module")
def invented() -> Tellings:
    """Two thousand people, of whom most tell once or twice in the half year before AT, and few every week."""
    chance = np.random.default_rng(5)
    days = np.minimum(1 + chance.poisson(chance.gamma(0.3, 5.0, 2000)), 120)
    author = np.repeat(np.arange(2000), days)
    at = np.sort(AT - chance.random(len(author)) * PAST * DAY)
    author = chance.permutation(author)
    return Tellings(
        people=tuple(f"person{place}" for place in range(2000)),
        author=author,
        at=at,
        reshare=np.zeros(len(author), bool),
        original=np.full(len(author), -1),
        told={
            "followers": chance.lognormal(5.5, 1.8, 2000)[author],
            "listed": chance.lognormal(1.0, 1.5, 2000)[author],
            "statuses": chance.lognormal(7.5, 1.5, 2000)[author],
            "acct_created": AT - 3000 * DAY * chance.random(2000)[author] - PAST * DAY,
        },
    )


@pytest.fixture(scope="module")
def stocknet() -> Tellings:
    if not STOCKNET.exists():
        pytest.skip(f"no {STOCKNET}: the shared folder is absent")
    return read_tellings(STOCKNET)


@pytest.mark.parametrize("pictures", [False, True])
def test_at_most_one_planted_teller_in_fifty_is_lost(everybody, pretenders, pictures):
    found, _ = count(everybody, pictures=pictures)
    lost = [name for name, habits in found.items() if name not in pretenders and judge(habits).kind is not Kind.PERSON]
    assert len(lost) <= 1, lost


@pytest.mark.parametrize("pictures", [False, True])
def test_no_planted_pretender_is_taken_for_a_frequent_sharer_on_stocknet(everybody, pretenders, stocknet, pictures):
    found, told = count(everybody, pictures=pictures)
    flagged = frequent(stocknet, people_among(everybody, found), told, at=AT)
    assert not flagged & pretenders
    assert len(flagged - pretenders) >= 8, "tellers are found still"


def test_without_the_filter_they_would_be(everybody, pretenders, stocknet):
    _, told = count(everybody)
    assert len(frequent(stocknet, everybody, told, at=AT) & pretenders) >= 20


def test_no_planted_pretender_is_taken_for_a_frequent_sharer_in_an_invented_crowd(everybody, pretenders, invented):
    found, told = count(everybody)
    assert len(frequent(invented, everybody, told, at=AT) & pretenders) >= 10
    flagged = frequent(invented, people_among(everybody, found), told, at=AT)
    assert not flagged & pretenders
    assert len(flagged - pretenders) >= 8, "tellers are found still"


def account(name: str, texts: list[str], *, back: float = 0.0) -> dict:
    """Return an account that posts one text a day."""
    return {
        "author": name,
        "is_bot": None,
        "verified_organisation": None,
        "followers": 500,
        "following": 500,
        "listed": 3,
        "statuses": 900,
        "account_age_days": 400,
        "posts": [
            {"days_ago": len(texts) - day - back, "text": text, "links": 0, "reshare": False}
            for day, text in enumerate(texts)
        ],
    }


def long_texts(many: int) -> list[str]:
    """Return texts of planted tellers that are no near-copies of one another."""
    texts = [post["text"] for author in read("tellers") for post in author["posts"] if not post["reshare"]]
    apart = {trace(text).mark: text for text in texts if len(text.split()) >= 12}
    return list(apart.values())[:many]


DRESSES = ("RT @somebody {}", "{} 😡😡😡", "{} #fail #viral https://example.com/x", "⚠️ {}!!!", "{} (2/2)")


def test_copies_of_others_add_no_telling_days_however_they_are_dressed():
    originals = long_texts(40)
    farm = account("farm", [DRESSES[day % 5].format(text.upper()) for day, text in enumerate(originals)], back=0.1)
    found, told = count([account("teller", originals), farm])
    assert told["farm"] == []
    assert len(told["teller"]) == 40
    assert judge(found["farm"]).kind is Kind.AUTOMATED
    assert judge(found["teller"]).kind is Kind.PERSON


def test_copies_raise_no_score_of_who_has_words_of_their_own_too(invented):
    borrowed = long_texts(30)
    others = account("others", borrowed, back=-20)
    own = ["I waited for the man from Halvanto all day and nobody rang me", *["so sad"] * 3]
    scores = []
    for texts in (own, [*borrowed, *own]):
        authors = [others, account("mixer", texts, back=0.1)]
        _, told = count(authors)
        scores.append(scores_of(invented, authors, told, at=AT)["mixer"])
    assert scores[1] == scores[0]
    assert scores[0].days == 4


def test_a_template_repeated_every_day_is_one_telling():
    texts = [
        f"Halvanto Drum washing machine today {300 + day} €, order before {day % 24}:00 #{day}" for day in range(30)
    ]
    found, told = count([account("shop", texts)])
    assert len(told["shop"]) == 1
    assert judge(found["shop"]).kind is not Kind.PERSON


def test_who_was_copied_keeps_their_days():
    mine = long_texts(10)
    thief = account("thief", mine, back=0.5)
    _, told = count([thief, account("teller", mine)])
    assert len(told["teller"]) == 10
    assert told["thief"] == []
