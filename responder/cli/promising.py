"""Commands about promises: what is promised to whom, by which calendar, and the promise to publish."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from responder.calendars import policies
from responder.calendars.policies import Policy
from responder.calendars.terms import FIRST_MINUTES
from responder.calendars.written import read_calendar
from responder.cases.clocks import Reading, read_clocks
from responder.cases.facts import facts_of
from responder.cases.publishing import URGENT, history, publishable
from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.errors import NotFound
from responder.models import BusinessCalendar, Case

_class_argument = click.argument("promise_class", metavar="CLASS", type=click.Choice(list(FIRST_MINUTES)))
_source_option = click.option("--source", help="Only on this source, such as x. Default: on all.")


@click.group()
def promise() -> None:
    """Say by when people are answered."""


@promise.command("set")
@_class_argument
@_source_option
@click.option("--first", type=float, required=True, help="Minutes until the first answer.")
@click.option("--next", "next_minutes", type=float, help="Minutes until each further one. Default: as the first.")
@click.option("--resolution", type=float, help="Minutes until the matter is settled. Default: not promised.")
@click.option("--calendar", help="Minutes pass while this calendar is open. Default: on the wall clock.")
@click.option("--with-duty", is_flag=True, help="Also while only those on duty are there.")
@brand_option
@json_option
@installed
def set_promise(
    context: Context,
    *,
    promise_class: str,
    source: str | None,
    first: float,
    next_minutes: float | None,
    resolution: float | None,
    calendar: str | None,
    with_duty: bool,
    brand: str | None,
    as_json: bool,
) -> None:
    """Promise cases of CLASS an answer in so many minutes. Open cases keep what is nearer."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        made = policies.set_policy(
            session,
            brand_id=brand_id,
            promise_class=promise_class,
            source=source,
            first=first,
            next_minutes=first if next_minutes is None else next_minutes,
            resolution=resolution,
            calendar=calendar,
            with_duty=with_duty,
            user_id=None,
            now=context.clock(),
        )
    if as_json:
        print_json(_plain(made))
    else:
        click.echo(_line(made))


@promise.command("unset")
@_class_argument
@_source_option
@brand_option
@installed
def unset_promise(context: Context, *, promise_class: str, source: str | None, brand: str | None) -> None:
    """Promise CLASS again what holds otherwise."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        policies.unset_policy(session, brand_id=brand_id, promise_class=promise_class, source=source)
    click.echo(f"Nothing of its own is promised to {promise_class}{f' on {source}' if source else ''} any more.")


@promise.command("list")
@brand_option
@json_option
@installed
def list_promises(context: Context, *, brand: str | None, as_json: bool) -> None:
    """List what is promised to each class, and on single sources."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        listed = policies.list_policies(session, brand_id=brand_id)
    if as_json:
        print_json([_plain(each) for each in listed])
        return
    for each in listed:
        click.echo(_line(each))


@promise.command("publish")
@_source_option
@click.option(
    "--class", "classes", multiple=True, type=click.Choice(list(FIRST_MINUTES)), help="Default: the urgent ones."
)
@click.option("--calendar", help="Promise it for this calendar's hours. Default: around the clock.")
@brand_option
@json_option
@installed
def publish_promise(
    context: Context,
    *,
    source: str | None,
    classes: tuple[str, ...],
    calendar: str | None,
    brand: str | None,
    as_json: bool,
) -> None:
    """Say what can be promised in public: what the last eight weeks kept nine times in ten, at every hour."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        hours = None
        if calendar is not None:
            row = policies.get_calendar(session, brand_id=brand_id, name=calendar)
            hours = read_calendar(row.zone, row.hours)
        waits = history(
            session,
            brand_id=brand_id,
            now=context.clock(),
            zone=hours.zone if hours else ZoneInfo(context.settings.timezone),
            calendar=hours,
            source=source,
            classes=classes or URGENT,
        )
    found = publishable(waits, in_hours=hours is not None)
    if as_json:
        print_json({**asdict(found), "sentences": dict(found.sentences)})
    elif found.minutes is not None:
        for language, sentence in found.sentences.items():
            click.echo(f"{language}  {sentence}")
        click.echo(f"Kept {found.kept:.0%} of the time over {found.cases:,} cases.", err=True)
    else:
        click.echo(found.why, err=True)
    if found.minutes is None:
        raise SystemExit(NOTHING_DONE)


@promise.command("clocks")
@click.argument("case_id", metavar="CASE", type=int)
@brand_option
@json_option
@installed
def show_clocks(context: Context, *, case_id: int, brand: str | None, as_json: bool) -> None:
    """Tell how the clocks of CASE stand: first answer, next answer and the end, on the wall and in business time."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        case = session.scalar(select(Case).where(Case.id == case_id, Case.brand_id == brand_id))
        if case is None:
            raise NotFound("There is no such case.")
        terms = policies.book_of(session, brand_id).of(case.promise_class or "other", case.source)
        readings = read_clocks(facts_of(session, case), terms, now=context.clock())
    if as_json:
        print_json([{**asdict(each), **_instants(each)} for each in readings])
        return
    for each in readings:
        click.echo(_clock_line(each))


@promise.group()
def calendar() -> None:
    """Say when somebody is there."""


@calendar.command("set")
@click.argument("name")
@click.argument("lines", nargs=-1, required=True, metavar="LINE...")
@click.option("--zone", required=True, help="IANA time zone, such as Europe/Athens.")
@brand_option
@json_option
@installed
def set_calendar(
    context: Context, *, name: str, lines: tuple[str, ...], zone: str, brand: str | None, as_json: bool
) -> None:
    """Write down when somebody is there, in place of what NAME said before.

    Each LINE is one of: 'mon-fri 09:00-13:00,14:00-17:00' (open), 'sat 10:00-14:00 duty' (those on duty),
    'fri 22:00-06:00' (until the next morning), '2026-12-25 closed', '2026-12-24 09:00-12:00' (a day of its own).
    """
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        made = policies.set_calendar(session, brand_id=brand_id, name=name, zone=zone, lines=lines, now=context.clock())
        _tell([made], as_json=as_json, one=True)


@calendar.command("list")
@brand_option
@json_option
@installed
def list_calendars(context: Context, *, brand: str | None, as_json: bool) -> None:
    """List the calendars."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        found = list(policies.list_calendars(session, brand_id=brand_id))
        _tell(found, as_json=as_json)
    if not found and not as_json:
        click.echo("There is no calendar yet: promises go by the wall clock.", err=True)
        raise SystemExit(NOTHING_DONE)


@calendar.command("remove")
@click.argument("name")
@brand_option
@installed
def remove_calendar(context: Context, *, name: str, brand: str | None) -> None:
    """Forget the calendar NAME."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        policies.remove_calendar(session, brand_id=brand_id, name=name)
    click.echo(f"{name} is removed.")


def _tell(found: list[BusinessCalendar], *, as_json: bool, one: bool = False) -> None:
    told = [{"name": row.name, "zone": row.zone, "hours": row.hours} for row in found]
    if as_json:
        print_json(told[0] if one else told)
        return
    for row in found:
        click.echo(f"{row.name} ({row.zone})")
        for line in row.hours:
            click.echo(f"  {line}")


def _instants(reading: Reading) -> dict[str, str | None]:
    told = ("since", "until", "due", "warned_from")
    return {name: None if (at := getattr(reading, name)) is None else at.isoformat() for name in told}


def _clock_line(reading: Reading) -> str:
    state = "missed" if reading.is_missed else "runs" if reading.until is None else "kept" if reading.due else "stopped"
    business = "" if reading.business_minutes is None else f", {reading.business_minutes:.0f} of them in business hours"
    due = "" if reading.due is None else f", promised by {reading.due:%Y-%m-%d %H:%M} UTC"
    return f"{reading.clock:<10} {state:<7} {reading.wall_minutes:.0f} minutes{business}{due}"


def _plain(policy: Policy) -> dict[str, Any]:
    told = asdict(policy)
    return {"class": told.pop("promise_class"), **told}


def _line(policy: Policy) -> str:
    minutes = ", ".join(
        f"{name} {value:g} min"
        for name, value in (("first", policy.first), ("next", policy.next), ("end", policy.resolution))
        if value is not None
    )
    clock = policy.calendar or "wall clock"
    on_duty = " with duty" if policy.calendar and policy.with_duty else ""
    usual = "" if policy.is_set else " (usual)"
    return f"{policy.promise_class:<15} {policy.source or 'everywhere':<14} {minutes}, {clock}{on_duty}{usual}"
