"""Commands about people: an account whose owner asks not to be scored."""

from __future__ import annotations

import click

from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.intake.cleaning import key_of
from responder.people.objections import id_of_handle, object_to_scoring, withdraw


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
    if as_json:
        print_json({"source": source, "external_id": account_id, "scored": takes_back, "changed": has_changed})
    elif takes_back:
        click.echo("They may be scored again." if has_changed else "They had not objected.", err=not has_changed)
    else:
        click.echo("They are scored no more." if has_changed else "They are not scored already.", err=not has_changed)
    if not has_changed:
        raise SystemExit(NOTHING_DONE)
