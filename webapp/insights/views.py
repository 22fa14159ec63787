"""The insights pages. Every figure is a link to the mentions it counts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from responder.insights.mentions_list import count_mentions, mentions_page
from responder.insights.metrics import LabelGroup, People, net_sentiment, share
from responder.insights.people import people
from responder.insights.periods import PRESETS
from responder.insights.queries import Overview, busiest_first, find_watch, first_heard_in, overview, watches_of
from webapp.access import permission, person
from webapp.display import language_name, source_title
from webapp.insights import addresses, cards, charts, wording
from webapp.insights.addresses import Links
from webapp.insights.shapes import STACK
from webapp.lifecycle import context, now, session

blueprint = Blueprint("insights", __name__)
blueprint.add_app_template_filter(wording.number, "number")

COUNT_PEOPLE_UP_TO = 100_000
"""Mentions of a range up to which people are counted with the page; above it they follow by themselves."""


@blueprint.get("/insights")
@permission("insights.read")
def page() -> str:
    """One watch over one range."""
    chosen = addresses.read_range(request.args, now=now(), zone=_zone())
    watches = watches_of(session(), person().brand_id)
    watch_id = addresses.read_watch(request.args)
    if watch_id is None:
        first = first_heard_in(session(), watches, chosen.period)
        if first is None:
            return render_template("insights/no_watch.html")
        watch_id = first.id
    seen = overview(session(), brand_id=person().brand_id, watch_id=watch_id, period=chosen.period)
    links = Links(watch_id=watch_id, range=chosen)
    return render_template(
        "insights/overview.html",
        seen=seen,
        watches=watches,
        chosen=chosen,
        presets=PRESETS,
        links=links,
        words=wording,
        cards=_cards(seen, links),
        people_follow=links.overview(people="count") if _is_counted_later(seen) else None,
        **_drawn(seen, links),
    )


@blueprint.get("/insights/mentions")
@permission("insights.read")
def mentions() -> str:
    """The mentions behind a figure, newest first."""
    brand_id = person().brand_id
    wanted = addresses.read_mention_filter(request.args, brand_id=brand_id, now=now(), zone=_zone())
    watch = find_watch(session(), brand_id=brand_id, watch_id=wanted.watch_id) if wanted.watch_id is not None else None
    place = addresses.read_place(request.args)
    shown = mentions_page(session(), wanted, after=place)
    return render_template(
        "insights/mentions.html",
        wanted=wanted,
        watch=watch,
        shown=shown,
        counted=count_mentions(session(), wanted),
        is_first=place is None,
        older=addresses.address_without(
            addresses.MENTIONS, request.args, after=addresses.write_place(shown.next)
        ) if shown.next else None,
        without=lambda *names: addresses.address_without(addresses.MENTIONS, request.args, "after", *names),
        kept={name: value for name, value in request.args.items() if name not in {"q", "after"} and value},
        back=_way_back(),
        words=wording,
        labels=wording.label_names() | {"scored": wording.scored_name()},
    )  # fmt: skip


@blueprint.get("/insights/watches")
@permission("insights.read")
def watches() -> str:
    """Every watch over the same range, side by side and never added up."""
    chosen = addresses.read_range(request.args, now=now(), zone=_zone())
    totals = busiest_first(session(), brand_id=person().brand_id, period=chosen.period)
    return render_template(
        "insights/watches.html",
        chosen=chosen,
        presets=PRESETS,
        words=wording,
        rows=[(each, Links(watch_id=each.watch.id, range=chosen), net_sentiment(each.tally)) for each in totals],
        points=cards.points,
        address=lambda name: addresses.address_without(addresses.WATCHES, {}, range=name),
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(context().settings.timezone)


def _cards(seen: Overview, links: Links) -> tuple[cards.Card, ...]:
    return (
        cards.volume_card(seen, links),
        cards.people_card(seen, links, _people(seen), _people_before(seen)),
        cards.net_card(seen, links),
        cards.unsure_card(seen, links),
    )


def _people(seen: Overview) -> People | None:
    """Count them now, unless they are so many that the page would wait for it and nobody asked."""
    if _is_counted_later(seen):
        return None
    return people(session(), watch_id=seen.watch.id, period=seen.period, volume=seen.total.mentions)


def _is_counted_later(seen: Overview) -> bool:
    return seen.total.mentions > COUNT_PEOPLE_UP_TO and request.args.get("people") != "count"


def _people_before(seen: Overview) -> People | None:
    if seen.previous is None or max(seen.previous.mentions, seen.total.mentions) > COUNT_PEOPLE_UP_TO:
        return None
    return people(session(), watch_id=seen.watch.id, period=seen.previous_period, volume=seen.previous.mentions)


def _drawn(seen: Overview, links: Links) -> dict[str, Any]:
    names = wording.label_names()
    legend = [
        (group.value, names[group], seen.total.count(group), share(seen.total.count(group), seen.total.mentions))
        for group in STACK
        if seen.total.count(group) or group is not LabelGroup.UNSCORED
    ]
    return {
        "volume": charts.volume_chart(seen, links),
        "sources": charts.slice_chart(
            "source", wording.sources_name(), [(source_title(part.name), part) for part in seen.sources], links
        ),
        "languages": charts.slice_chart(
            "language", wording.languages_name(), [(language_name(part.name), part) for part in seen.languages], links
        ),
        "hours": charts.hours_chart(seen, links),
        "legend": legend,
        "has_unheard": charts.steps_unheard(seen) > 0,
    }


def _way_back() -> str:
    kept: dict[str, str] = {name: request.args[name] for name in ("watch", "range") if request.args.get(name)}
    return addresses.address_without(addresses.OVERVIEW, kept)
