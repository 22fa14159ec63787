"""The commands that write, approve, send and mend replies. Each is done by a person of the team, who answers for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts.connections import SourcePool, get_connection
from responder.accounts.users import find_by_email
from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Membership, Mention, Reply, ReplyMode, ReplyState, Role, User
from responder.replies import approving, checks, correcting, looking, reading, rights, sending, writing

by_option = click.option("--by", metavar="EMAIL", help="Who does this. Default: the only person of the team.")

_TABLE = "{:>6}  {:<9}  {:<8}  {:>6}  {:<12}  {}"
_INSTANTS = ("created_at", "approved_at", "send_at", "sent_at", "seen_at")


@click.command()
@click.argument("case_id", type=int, metavar="CASE")
@click.argument("text")
@click.option(
    "--mention", "external_id", help="Answer this mention of the case (its external id), not the leading one."
)
@click.option("--connection", help="Speak through this connection, when several could.")
@click.option("--language", help="The language it is written in, an ISO code.")
@by_option
@brand_option
@json_option
@installed
def draft(
    context: Context,
    *,
    case_id: int,
    text: str,
    external_id: str | None,
    connection: str | None,
    language: str | None,
    by: str | None,
    brand: str | None,
    as_json: bool,
) -> None:
    """Write a reply to CASE and have it checked. TEXT - reads it from standard input."""
    brand_id = brand_id_of(context, brand)
    words = sys.stdin.read() if text == "-" else text
    now = context.clock()
    with context.database.writing() as session:
        user_id = _person(session, brand_id, by)
        written = writing.draft(
            session,
            brand_id=brand_id,
            case_id=case_id,
            text=words,
            user_id=user_id,
            now=now,
            mention_id=_mention_id(session, case_id, external_id),
            connection_id=get_connection(session, brand_id=brand_id, name=connection).id if connection else None,
            language=language,
        )
        held = checks.have_checked(session, brand_id=brand_id, reply_id=written.id, user_id=user_id, now=now)
    _tell(held, as_json=as_json)


@click.command()
@click.argument("reply_id", type=int, metavar="REPLY")
@click.option("--anyway", is_flag=True, help="Although the check found something, or the case has news.")
@click.option("--by-hand", is_flag=True, help="A person posts it; Earshot looks for it and then stops the clock.")
@by_option
@brand_option
@json_option
@installed
def approve(
    context: Context, *, reply_id: int, anyway: bool, by_hand: bool, by: str | None, brand: str | None, as_json: bool
) -> None:
    """Approve a checked REPLY: it leaves in 30 seconds, or at once with `reply send`."""
    options = {"sending": context.settings.sending, "anyway": anyway, "by_hand": by_hand}
    _do(context, approving.approve, reply_id, by, brand, as_json=as_json, **options)


@click.command()
@click.argument("reply_id", type=int, metavar="REPLY")
@by_option
@brand_option
@json_option
@installed
def withdraw(context: Context, *, reply_id: int, by: str | None, brand: str | None, as_json: bool) -> None:
    """Call back an approved REPLY that has not left."""
    _do(context, approving.withdraw, reply_id, by, brand, as_json=as_json)


@click.command()
@click.argument("reply_id", type=int, metavar="REPLY")
@brand_option
@json_option
@installed
def send(context: Context, *, reply_id: int, brand: str | None, as_json: bool) -> None:
    """Send an approved REPLY now, and look whether it stands. Ends with 3 when it did not leave."""
    brand_id = brand_id_of(context, brand)
    sources = SourcePool(context)
    sending.send_now(context, sources, brand_id=brand_id, reply_id=reply_id)
    looking.look_due(context, sources, only=reply_id)
    _end_with(context, brand_id, reply_id, {ReplyState.SENT, ReplyState.REHEARSED}, as_json=as_json)


@click.command()
@click.argument("reply_id", type=int, metavar="REPLY")
@click.argument("text")
@click.option("--anyway", is_flag=True, help="Replace a text that stands although the check finds something.")
@by_option
@brand_option
@json_option
@installed
def edit(
    context: Context, *, reply_id: int, text: str, anyway: bool, by: str | None, brand: str | None, as_json: bool
) -> None:
    """Change a REPLY: its draft, or where the platform lets us the text that stands in public."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        stands = reading.get_reply(session, brand_id=brand_id, reply_id=reply_id).state == ReplyState.SENT
    if stands:
        _do(context, correcting.edit, reply_id, by, brand, as_json=None, text=text, anyway=anyway)
        correcting.correct_due(context, SourcePool(context))
        _end_with(context, brand_id, reply_id, {ReplyState.SENT}, as_json=as_json)
        return
    _do(context, writing.change, reply_id, by, brand, as_json=None, text=text)
    _do(context, checks.have_checked, reply_id, by, brand, as_json=as_json)


@click.command()
@click.argument("reply_id", type=int, metavar="REPLY")
@by_option
@brand_option
@json_option
@installed
def retract(context: Context, *, reply_id: int, by: str | None, brand: str | None, as_json: bool) -> None:
    """Take back a REPLY that stands in public. Ends with 3 when it still stands."""
    brand_id = brand_id_of(context, brand)
    _do(context, correcting.retract, reply_id, by, brand, as_json=None)
    correcting.correct_due(context, SourcePool(context))
    _end_with(context, brand_id, reply_id, {ReplyState.RETRACTED}, as_json=as_json)


@click.command(name="list")
@click.option("--state", type=click.Choice([state.value for state in ReplyState]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@brand_option
@json_option
@installed
def list_replies(context: Context, *, state: str | None, limit: int, brand: str | None, as_json: bool) -> None:
    """List replies, by default those for which a person has to do something."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        states = [state] if state else list(reading.WAITING)
        rows = reading.in_states(session, brand_id=brand_id, states=states, limit=limit)
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    if not rows:
        click.echo("No reply waits for anybody." if state is None else f"No reply is {state}.", err=True)
        raise SystemExit(NOTHING_DONE)
    click.echo(_TABLE.format("id", "state", "way", "case", "source", "text"))
    for row in rows:
        click.echo(_TABLE.format(row.id, row.state, row.way, row.case_id, row.source, " ".join(row.text.split())[:90]))


@click.command()
@click.argument("mode", type=click.Choice([mode.value for mode in ReplyMode]))
@click.option("--person", metavar="EMAIL", help="For this person.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="For everybody with this role.")
@click.option("--source", help="On this source only.")
@brand_option
@json_option
@installed
def rule(
    context: Context,
    *,
    mode: str,
    person: str | None,
    role: str | None,
    source: str | None,
    brand: str | None,
    as_json: bool,
) -> None:
    """Say who sends what they write, who needs a colleague's approval, and who only drafts."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        made = rights.set_rule(
            session,
            brand_id=brand_id,
            mode=ReplyMode(mode),
            set_by=None,
            now=context.clock(),
            user_id=_person(session, brand_id, person) if person else None,
            role=Role(role) if role else None,
            source=source,
        )
        told = {"id": made.id, "mode": made.mode, "person": person, "role": role, "source": source}
    if as_json:
        print_json(told)
    else:
        click.echo(f"{person or f'Everybody with the role {role}'}: {mode}{f' on {source}' if source else ''}.")


def _do(
    context: Context,
    what: Callable[..., Reply],
    reply_id: int,
    by: str | None,
    brand: str | None,
    *,
    as_json: bool | None,
    **options: Any,
) -> None:
    """Let a person do something to a reply, and tell where it stands; `as_json` None tells nothing yet."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        user_id = _person(session, brand_id, by)
        held = what(session, brand_id=brand_id, reply_id=reply_id, user_id=user_id, now=context.clock(), **options)
    if as_json is not None:
        _tell(held, as_json=as_json)


def _end_with(context: Context, brand_id: int, reply_id: int, well: set[ReplyState], *, as_json: bool) -> None:
    with context.database.reading() as session:
        held = reading.get_reply(session, brand_id=brand_id, reply_id=reply_id)
    _tell(held, as_json=as_json)
    if held.state not in well or held.wish is not None:
        raise SystemExit(NOTHING_DONE)


def _person(session: Session, brand_id: int, email: str | None) -> int:
    if email is not None:
        found = find_by_email(session, email)
        if found is None or session.get(Membership, (found.id, brand_id)) is None:
            raise NotFound(f"Nobody in this team has the address {email}.")
        return found.id
    team = session.scalars(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.brand_id == brand_id, User.disabled_at.is_(None))
        .limit(2)
    ).all()
    if not team:
        raise Conflict("Nobody is in this team yet, and a reply needs somebody who answers for it: earshot user add.")
    if len(team) > 1:
        raise Invalid("Several people are in this team. Say who does this: --by EMAIL.")
    return team[0]


def _mention_id(session: Session, case_id: int, external_id: str | None) -> int | None:
    if external_id is None:
        return None
    found = session.scalar(select(Mention.id).where(Mention.case_id == case_id, Mention.external_id == external_id))
    if found is None:
        raise NotFound(f"No mention of this case has the external id {external_id}.")
    return found


def _tell(reply: Reply, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(reply))
        return
    click.echo(f"Reply {reply.id} is {reply.state}.{f' {reply.fault}' if reply.fault else ''}")
    for found in reply.findings or ():
        click.echo(f"  {found['rule']}: {found['why']} {found['mend']}")


def _plain(reply: Reply) -> dict[str, Any]:
    names = ("id", "case_id", "source", "to_external_id", "way", "state", "text", "language", "machine", "findings",
             "attempts", "external_id", "url", "wish", "fault")  # fmt: skip
    instants = {name: None if (at := getattr(reply, name)) is None else at.isoformat() for name in _INSTANTS}
    return {**{name: getattr(reply, name) for name in names}, **instants}
