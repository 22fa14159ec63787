"""The four figures on top of the overview: what each shows, what it is compared with, and what it is."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from responder.insights.metrics import (
    FEWEST_SCORED,
    NetSentiment,
    People,
    net_change,
    net_sentiment,
    relative_change,
    unsure_share,
)
from responder.insights.queries import Overview
from webapp.display import percent
from webapp.insights.addresses import Links
from webapp.insights.shapes import Gauge, gauge
from webapp.insights.wording import before_words, day_words, mentions_words, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line under a figure; `href` opens what it counts."""

    words: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure. `value` None is said in words by `unknown`; `href` opens what the figure counts."""

    key: str
    title: str
    value: str | None
    definition: str
    unknown: str = ""
    href: str | None = None
    parts: tuple[Part, ...] = ()
    change: str | None = None
    gauge: Gauge | None = None


def volume_card(seen: Overview, links: Links) -> Card:
    """How much was said."""
    count = seen.total.mentions
    return Card(
        key="volume",
        title=_("Mentions"),
        value=number(count) if count else None,
        unknown=_("No mentions"),
        href=links.mentions(),
        change=_volume_change(seen),
        definition=_(
            "Everything this watch heard in the range, by the time it was written, whether it is scored yet or not. "
            "What was deleted at its source stays counted. A mention that two watches hear is counted by both."
        ),
    )


def people_card(seen: Overview, links: Links, counted: People | None, before: People | None) -> Card:
    """How many people said it; `counted` None: not counted yet."""
    parts: tuple[Part, ...] = ()
    if counted and seen.total.mentions:
        parts = (
            Part(
                words=_("wrote %(mentions)s", mentions=mentions_words(counted.mentions)),
                href=links.mentions(author="known"),
            ),
        )
        if counted.without_author:
            words = _("%(mentions)s without a known author", mentions=mentions_words(counted.without_author))
            parts += (Part(words=words, href=links.mentions(author="unknown")),)
    return Card(
        key="people",
        title=_("People"),
        value=number(counted.people) if counted and counted.people else None,
        unknown=_("Not counted yet") if counted is None else _("Nobody known"),
        href=links.mentions(author="each"),
        parts=parts,
        change=_people_change(seen, counted, before),
        definition=_(
            "Different accounts that wrote in the range, each counted once however much it wrote. Accounts are not "
            "joined across platforms. A mention whose author the source does not name is nobody here. Somebody whose "
            "mentions were deleted at the source may stay counted but can no longer be opened."
        ),
    )


def net_card(seen: Overview, links: Links) -> Card:
    """How people feel on balance."""
    net = net_sentiment(seen.total)
    parts: tuple[Part, ...] = ()
    if seen.total.scored:
        of_scored = _("of %(mentions)s scored", mentions=mentions_words(net.scored))
        parts = (Part(words=of_scored, href=links.mentions(label="scored")),)
    if net.is_enough:
        between = _("between %(low)s and %(high)s", low=points(net.low), high=points(net.high))
        parts = (Part(words=between), *parts)
    return Card(
        key="net",
        title=_("Net sentiment"),
        value=points(net.value) if net.is_enough else None,
        unknown=_("Too few to tell") if net.scored else _("Nothing scored yet"),
        href=links.mentions(label="scored"),
        parts=parts,
        change=_net_change(seen, net),
        gauge=gauge(net),
        definition=_(
            "Happy minus unhappy, divided by all scored mentions, neutral and unsure ones included, times 100: from "
            "−100 (all unhappy) to +100 (all happy). Each mention counts by how likely the model finds each feeling, "
            "not by its label alone. The true figure lies between the two ends 95 times in 100, if mentions are "
            "independent; a few people writing much make it less sure. Below %(fewest)s scored mentions there are too "
            "few to tell.",
            fewest=FEWEST_SCORED,
        ),
    )


def unsure_card(seen: Overview, links: Links) -> Card:
    """How often the model would not commit itself."""
    unsure = unsure_share(seen.total)
    before = unsure_share(seen.previous) if seen.previous else None
    parts: list[Part] = []
    if seen.total.scored:
        of = mentions_words(seen.total.scored)
        parts.append(Part(words=_("%(count)s of %(of)s scored", count=number(seen.total.unsure), of=of)))
    if seen.total.unscored:
        words = _("%(mentions)s not scored yet", mentions=mentions_words(seen.total.unscored))
        parts.append(Part(words=words, href=links.mentions(label="unscored")))
    return Card(
        key="unsure",
        title=_("Unsure"),
        value=percent(unsure) if unsure is not None else None,
        unknown=_("Nothing scored yet"),
        href=links.mentions(label="unsure"),
        parts=tuple(parts),
        change=_("%(share)s in the range before", share=percent(before)) if before is not None else None,
        definition=_(
            "Scored mentions whose opinion the model is not sure enough of to show a label, divided by all scored "
            "mentions. They are in net sentiment with their probabilities, and in no label's count."
        ),
    )


def points(value: float | None) -> str:
    """Return −.124 as −12, with a real minus sign and a plus."""
    rounded = round(100 * (value or 0.0))
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}"


def _volume_change(seen: Overview) -> str | None:
    if not seen.total.mentions and not seen.previous:
        return None
    if seen.previous is None:
        since = seen.first_heard.astimezone(seen.period.zone).date() if seen.first_heard else None
        return (
            _("Nothing to compare with: heard since %(day)s", day=day_words(since, with_year=True)) if since else None
        )
    before = before_words(seen.previous_period)
    change = relative_change(seen.total.mentions, seen.previous.mentions)
    if change is None:
        return str(_("none in the range before, %(before)s", before=before))
    return str(_(
        "%(change)s on %(count)s, %(before)s",
        change=_signed_percent(change), count=number(seen.previous.mentions), before=before,
    ))  # fmt: skip


def _people_change(seen: Overview, counted: People | None, before: People | None) -> str | None:
    if counted is None or before is None or seen.previous is None:
        return None
    change = relative_change(counted.people, before.people)
    if change is None:
        return None
    return str(_("%(change)s on %(count)s before", change=_signed_percent(change), count=number(before.people)))


def _net_change(seen: Overview, net: NetSentiment) -> str | None:
    before = net_sentiment(seen.previous) if seen.previous else None
    change = net_change(net, before) if before else None
    if change is None or before is None:
        return None
    words = _("%(change)s points on %(before)s before", change=points(change.value), before=points(before.value))
    return str(words if change.is_clear else _("%(words)s: no clear change", words=words))


def _signed_percent(change: float) -> str:
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    return f"{sign}{percent(abs(change))}"
