"""Commands that set things up without the web app: sources, watches, people."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from listeners import registry
from responder.accounts import connections, sign_in, users, watches
from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.errors import Invalid
from responder.models import Role


@click.group()
def source() -> None:
    """Connect platforms and feeds."""


@source.command("add")
@click.argument("name")
@click.option("--set", "pairs", multiple=True, metavar="FIELD=VALUE", help="One credential; repeat for each.")
@click.option("--base-url", help="Another address than the platform's own.")
@click.option("--as", "called", help="What to call the connection. Default: the source's name.")
@brand_option
@json_option
@installed
def add_source(
    context: Context,
    *,
    name: str,
    pairs: tuple[str, ...],
    base_url: str | None,
    called: str | None,
    brand: str | None,
    as_json: bool,
) -> None:
    """Connect the source NAME (see `earshot source list`)."""
    values = _values(pairs)
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        made = connections.add_connection(
            session,
            context,
            brand_id=brand_id,
            source=name,
            name=called or name,
            values=values,
            base_url=base_url,
        )
        view = connections.view(context, made)
    if as_json:
        print_json(asdict(view))
    else:
        click.echo(f"{view.title} is connected as {view.name}. Test it with: earshot source check {view.name}")


@source.command("list")
@brand_option
@json_option
@installed
def list_sources(context: Context, *, brand: str | None, as_json: bool) -> None:
    """List the connections there are, and the sources one can connect."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        views = connections.list_connections(session, context, brand_id=brand_id)
    known = [info for info in registry.load().values() if not info.hidden]
    if as_json:
        print_json({"connections": [asdict(view) for view in views], "sources": [info.name for info in known]})
        return
    for view in views:
        click.echo(f"{view.name:<20} {view.title:<20} {view.state} {view.state_reason or ''}".rstrip())
    click.echo("One can connect:" if views else "Nothing is connected yet. One can connect:")
    for info in known:
        fields = ", ".join(info.credentials.model_fields) or "no credentials"
        click.echo(f"  {info.name:<14} {info.title:<20} {info.why_unavailable or fields}")


@source.command("check")
@click.argument("name")
@brand_option
@installed
def check_source(context: Context, *, name: str, brand: str | None) -> None:
    """Ask the platform whether the connection NAME works."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        found = connections.get_connection(session, brand_id=brand_id, name=name)
    click.echo(connections.check(context, found))


@source.command("remove")
@click.argument("name")
@brand_option
@installed
def remove_source(context: Context, *, name: str, brand: str | None) -> None:
    """Forget the connection NAME and its credentials. What was heard through it stays."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        connections.remove_connection(session, connections.get_connection(session, brand_id=brand_id, name=name))
    click.echo(f"{name} is removed.")


def _values(pairs: tuple[str, ...]) -> dict[str, str]:
    faults = [f"--set {pair.partition('=')[0]}: write FIELD=VALUE" for pair in pairs if "=" not in pair]
    if faults:
        raise Invalid(*faults)
    return {field: value for field, _, value in (pair.partition("=") for pair in pairs)}


@click.group()
def watch() -> None:
    """Say what to listen for."""


@watch.command("add")
@click.argument("name")
@click.option("--query", help="What to hear, such as 'halvanto OR \"halvanto home\"'. Default: all a source brings.")
@click.option("--source", "sources", multiple=True, help="Connection to listen through; repeat for each.")
@click.option("--language", "languages", multiple=True, help="Only these languages (ISO codes).")
@click.option("--exclude-author", "excluded", multiple=True, help="Handle or id to ignore: own accounts, staff.")
@click.option("--reposts/--no-reposts", default=False, help="Whether reposts are heard too.")
@brand_option
@json_option
@installed
def add_watch(
    context: Context,
    *,
    name: str,
    query: str | None,
    sources: tuple[str, ...],
    languages: tuple[str, ...],
    excluded: tuple[str, ...],
    reposts: bool,
    brand: str | None,
    as_json: bool,
) -> None:
    """Listen for a query through connections, from now on."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        found = [connections.get_connection(session, brand_id=brand_id, name=each) for each in sources]
        made = watches.add_watch(
            session,
            brand_id=brand_id,
            name=name,
            query=query,
            connections=found,
            now=context.clock(),
            languages=languages,
            exclude_authors=excluded,
            include_reposts=reposts,
        )
        made_id = made.id
    if as_json:
        print_json({"watch_id": made_id, "name": name, "sources": list(sources)})
    else:
        click.echo(f"Listening for {name}." if sources else f"{name} is there; give it a --source to listen through.")


@watch.command("list")
@brand_option
@json_option
@installed
def list_watches(context: Context, *, brand: str | None, as_json: bool) -> None:
    """List the watches and how their readings are doing."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        views = watches.list_watches(session, brand_id=brand_id)
    if as_json:
        print_json([asdict(view) for view in views])
        return
    for view in views:
        click.echo(f"{view.name}: {view.query or 'everything'}{' (paused)' if view.paused_at else ''}")
        for poll in view.polls:
            read = f"read {poll.last_read_at:%Y-%m-%d %H:%M} UTC" if poll.last_read_at else "not read yet"
            click.echo(f"  {poll.connection} ({poll.ability}): {poll.last_fault or read}")
    if not views:
        click.echo("There is no watch yet.", err=True)
        raise SystemExit(NOTHING_DONE)


def _change(context: Context, brand: str | None, name: str, change: Any) -> None:
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        change(session, watches.get_watch(session, brand_id=brand_id, name=name))


@watch.command("pause")
@click.argument("name")
@brand_option
@installed
def pause_watch(context: Context, *, name: str, brand: str | None) -> None:
    """Stop listening for a while."""
    _change(context, brand, name, lambda session, found: watches.pause(session, found, now=context.clock()))
    click.echo(f"{name} is paused. Resume with: earshot watch resume {name!r}")


@watch.command("resume")
@click.argument("name")
@brand_option
@installed
def resume_watch(context: Context, *, name: str, brand: str | None) -> None:
    """Listen again, from where it stopped."""
    _change(context, brand, name, lambda session, found: watches.resume(session, found, now=context.clock()))
    click.echo(f"Listening for {name} again.")


@watch.command("remove")
@click.argument("name")
@brand_option
@installed
def remove_watch(context: Context, *, name: str, brand: str | None) -> None:
    """Forget a watch and its counts. Its mentions and cases stay."""
    _change(context, brand, name, watches.remove_watch)
    click.echo(f"{name} is removed.")


@click.group()
def user() -> None:
    """Let people in."""


@user.command("add")
@click.argument("email")
@click.option("--name", help="What to call them. Default: the address before the @.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.AGENT.value, show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input; without it, print a link.")
@brand_option
@json_option
@installed
def add_user(
    context: Context,
    *,
    email: str,
    name: str | None,
    role: str,
    password_stdin: bool,
    brand: str | None,
    as_json: bool,
) -> None:
    """Give a person a role for a brand. Without a password, prints a one-time sign-in link for them."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        person, own = users.add_user(
            session,
            brand_id=brand_id,
            email=email,
            name=name,
            role=role,
            password=password,
            now=context.clock(),
        )
        wants_link = own and password is None
        token = sign_in.make_link(session, person.id, now=context.clock()) if wants_link else None
        told = {"user_id": person.id, "email": person.email, "role": role}
    link = None if token is None else sign_in.link_url(context, token)
    if as_json:
        print_json({**told, "sign_in": link})
    else:
        click.echo(f"{told['email']} is in as {role}." + (f"\nSign in: {link}" if link else ""))
