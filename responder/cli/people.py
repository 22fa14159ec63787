"""Commands about people: an account whose owner asks not to be scored."""

from __future__ import annotations

from collections.abc import Collection

import click
from sqlalchemy.orm import Session

from listeners import registry
from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.errors import Invalid, NotFound
from responder.intake.cleaning import key_of
from responder.people.objections import id_of_handle, is_heard, object_to_scoring, sources_heard, withdraw


@click.command("do-not-score")
@click.argument("source")
@click.argument("external_id")
@click.option("--withdraw", "takes_back", is_flag=True, help="They took the objection back: score them again.")
@brand_option
@json_option
@installed
def do_not_score(
    context: Context, *, source: str, external_id: str, takes_back: bool, brand: str | None, as_json: bool
) -> None:
    """Never score the account EXTERNAL_ID of SOURCE: remove what was counted of it, keep its cases, unlink it.

    It holds although they were never heard, or are deleted here and heard again. EXTERNAL_ID is the platform's own id
    as the page of a person shows it, or @handle for somebody who was heard.
    """
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        _known(source, sources_heard(session, brand_id))
        account_id = (
            id_of_handle(session, brand_id=brand_id, source=source, handle=external_id)
            if external_id.startswith("@")
            else key_of(external_id)
        )
        if takes_back:
            has_changed = withdraw(
                session,
                secret=context.secret,
                brand_id=brand_id,
                source=source,
                external_id=account_id,
                now=context.clock(),
            )
        else:
            has_changed = object_to_scoring(
                session,
                secret=context.secret,
                brand_id=brand_id,
                source=source,
                external_id=account_id,
                user_id=None,
                now=context.clock(),
            )
        heard = is_heard(session, brand_id=brand_id, source=source, external_id=account_id)
        hint = "" if heard else _hint(session, brand_id, source, external_id)
    if as_json:
        told = {"source": source, "external_id": account_id, "scored": takes_back, "changed": has_changed}
        print_json({**told, "heard": heard})
    elif takes_back:
        click.echo("They may be scored again." if has_changed else "They had not objected.", err=not has_changed)
    else:
        said = (
            "They are scored no more."
            if heard
            else f"Nobody with this id was heard yet; it holds from when they are.{hint}"
        )
        click.echo(said if has_changed else "They are not scored already.", err=not has_changed)
    if not has_changed:
        raise SystemExit(NOTHING_DONE)


def _known(source: str, heard: Collection[str]) -> None:
    """Raise Invalid for a source that is none: an objection there would hold for nobody."""
    known = {*(info.name for info in registry.load().values() if not info.hidden), *heard}
    if source not in known:
        raise Invalid(f"{source!r} is no source. Choose one of: {', '.join(sorted(known))}.")


def _hint(session: Session, brand_id: int, source: str, typed: str) -> str:
    """Return what to type instead when somebody's handle was taken for their id; empty when nobody is called so."""
    try:
        id_of_handle(session, brand_id=brand_id, source=source, handle=typed)
    except NotFound:
        return ""
    return f" Somebody is called @{typed} there: to mean them, write it with the @."
