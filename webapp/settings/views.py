"""Settings: one searchable page. What it shows and changes is `responder.accounts`' work."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from responder.accounts import connections, sign_in, users, watches
from responder.errors import Conflict, Invalid, NotFound
from responder.jobs.runs import last_seen
from responder.models import Connection, Gap, Mention, Poll, Role, Watch
from webapp import lifecycle
from webapp.access import permission, person
from webapp.errors import status_of
from webapp.settings import checking, credentials, watching

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
@permission("settings.read")
def page() -> str:
    return _page()


@blueprint.post("/settings/sources")
@permission("sources.change")
def add_source() -> Any:
    prefix = "value-"
    values = {
        key.removeprefix(prefix): value for key, value in request.form.items() if key.startswith(prefix) and value
    }
    try:
        added = connections.add_connection(
            lifecycle.session(),
            lifecycle.context(),
            brand_id=person().brand_id,
            source=request.form.get("source", ""),
            name=request.form.get("name", ""),
            values=values,
            base_url=request.form.get("base_url") or None,
        )
    except (Invalid, Conflict) as refusal:
        return _refused("sources", refusal)
    flash(_("%(name)s is connected. Test it, then add a watch that listens through it.", name=added.name))
    return _back("sources")


@blueprint.post("/settings/sources/<id:connection_id>/test")
@permission("sources.change")
def test_source(connection_id: int) -> Any:
    name = _connection(connection_id).name
    lifecycle.finish_before_network()
    checked = checking.check(lifecycle.context(), name=name, brand=person().brand.name)
    works = _("%(name)s works: %(sentence)s", name=name, sentence=checked.sentence)
    broken = _("%(name)s does not work: %(sentence)s", name=name, sentence=checked.sentence)
    flash(works if checked.works else broken)
    return _back("sources")


@blueprint.post("/settings/sources/<id:connection_id>/remove")
@permission("sources.change")
def remove_source(connection_id: int) -> Any:
    connections.remove_connection(lifecycle.session(), _connection(connection_id))
    flash(_("Removed. What was heard through it stays."))
    return _back("sources")


@blueprint.post("/settings/watches")
@permission("watches.change")
def add_watch() -> Any:
    try:
        wanted = watching.read(request.form)
        watches.add_watch(
            lifecycle.session(),
            brand_id=person().brand_id,
            name=wanted.name,
            query=wanted.query,
            connections=[_connection(number) for number in request.form.getlist("connection", type=_small)],
            now=lifecycle.now(),
            languages=wanted.languages,
            exclude_authors=wanted.exclude_authors,
            include_reposts=wanted.include_reposts,
        )
    except (Invalid, Conflict) as refusal:
        return _refused("watches", refusal)
    flash(_("The watch listens. New mentions appear in the queue by themselves."))
    return _back("watches")


@blueprint.post("/settings/watches/<id:watch_id>/pause")
@permission("watches.change")
def pause_watch(watch_id: int) -> Any:
    watches.pause(lifecycle.session(), _watch(watch_id), now=lifecycle.now())
    return _back("watches")


@blueprint.post("/settings/watches/<id:watch_id>/resume")
@permission("watches.change")
def resume_watch(watch_id: int) -> Any:
    watches.resume(lifecycle.session(), _watch(watch_id), now=lifecycle.now())
    return _back("watches")


@blueprint.post("/settings/watches/<id:watch_id>/remove")
@permission("watches.change")
def remove_watch(watch_id: int) -> Any:
    watches.remove_watch(lifecycle.session(), _watch(watch_id))
    flash(_("Removed. What it heard stays in the queue; its figures are gone."))
    return _back("watches")


@blueprint.post("/settings/people")
@permission("people.change")
def invite() -> Any:
    session, brand_id = lifecycle.session(), person().brand_id
    email, role, name = (request.form.get(key, "") for key in ("email", "role", "name"))
    try:
        user, is_ours = users.add_user(
            session, brand_id=brand_id, email=email, role=role, name=name or None, now=lifecycle.now()
        )
    except (Invalid, Conflict) as refusal:
        return _refused("people", refusal)
    if not is_ours:
        flash(_("%(email)s joins with the account they have already.", email=user.email))
        return _back("people")
    return _page(link=_link_for(user.id), link_for=user.email)


@blueprint.post("/settings/people/<id:user_id>/link")
@permission("people.change")
def new_link(user_id: int) -> Any:
    session, brand_id = lifecycle.session(), person().brand_id
    member = users.get_member(session, user_id, brand_id=brand_id)
    if not users.serves_only(session, user_id, brand_id=brand_id):
        raise Conflict(_("This person also works for another brand, so only they can renew their way in."))
    return _page(link=_link_for(member.id), link_for=member.email)


@blueprint.post("/settings/people/<id:user_id>/role")
@permission("people.change")
def change_role(user_id: int) -> Any:
    role = request.form.get("role", "")
    users.change_role(lifecycle.session(), user_id, brand_id=person().brand_id, role=role)
    flash(_("Saved."))
    return _back("people")


@blueprint.post("/settings/people/<id:user_id>/remove")
@permission("people.change")
def remove_person(user_id: int) -> Any:
    users.remove(lifecycle.session(), user_id, brand_id=person().brand_id, now=lifecycle.now())
    flash(_("Removed, and signed out everywhere."))
    return _back("people")


@blueprint.post("/settings/brand")
@permission("brand.change")
def rename_brand() -> Any:
    try:
        users.rename_brand(lifecycle.session(), person().brand_id, request.form.get("name", ""))
    except (Invalid, Conflict) as refusal:
        return _refused("brand", refusal)
    flash(_("Saved."))
    return _back("brand")


def _back(section: str) -> Any:
    return redirect(url_for("settings.page", _anchor=section), 303)


def _small(text: str) -> int:
    """Read an id from a form. Raises ValueError, also for one no database could hold."""
    if len(text) > 18:
        raise ValueError(text)
    return int(text)


def _connection(connection_id: int) -> Connection:
    """Return a connection of this brand. Raises NotFound, also across brands."""
    wanted = select(Connection).where(Connection.id == connection_id, Connection.brand_id == person().brand_id)
    found = lifecycle.session().scalar(wanted)
    if found is None:
        raise NotFound("There is no such source.")
    return found


def _watch(watch_id: int) -> Watch:
    """Return a watch of this brand. Raises NotFound, also across brands."""
    wanted = select(Watch).where(Watch.id == watch_id, Watch.brand_id == person().brand_id)
    found = lifecycle.session().scalar(wanted)
    if found is None:
        raise NotFound("There is no such watch.")
    return found


def _link_for(user_id: int) -> str:
    token = sign_in.make_link(lifecycle.session(), user_id, now=lifecycle.now())
    return sign_in.link_url(lifecycle.context(), token)


def _refused(section: str, refusal: Invalid | Conflict) -> tuple[str, int]:
    """Draw the page again with what was typed, less secrets, and what is wrong with it."""
    faults = refusal.faults if isinstance(refusal, Invalid) else (str(refusal),)
    drawn = refusal.drawn if isinstance(refusal, watching.WrongColumn) else None
    page_again = _page(refused=section, faults_found=faults, drawn=drawn, typed=request.form)
    return page_again, status_of(refusal)


def _page(**more: Any) -> str:
    session, context, brand_id = lifecycle.session(), lifecycle.context(), person().brand_id
    return render_template(
        "settings/page.html",
        **{"refused": None, "faults_found": (), "drawn": None, "typed": {}, "link": None, "link_for": None, **more},
        connections=connections.list_connections(session, context, brand_id=brand_id),
        health=_health(brand_id),
        offered=[(info, credentials.fields_of(info.credentials)) for info in credentials.offered()],
        watches=watches.list_watches(session, brand_id=brand_id),
        team=users.team(session, brand_id=brand_id),
        roles=list(Role),
        about=_about(brand_id),
    )


def _health(brand_id: int) -> dict[int, dict[str, Any]]:
    """Return how each connection is doing by its id: last read, last mention, newest fault, holes that stay."""
    read = lifecycle.session().execute(
        select(
            Poll.connection_id,
            func.max(Poll.last_read_at).label("last_read_at"),
            func.max(Poll.last_mention_at).label("last_mention_at"),
            func.count(Poll.id).label("polls"),
        )
        .join(Connection, Connection.id == Poll.connection_id)
        .where(Connection.brand_id == brand_id)
        .group_by(Poll.connection_id)
    )
    health = {row.connection_id: {**row._asdict(), "fault": None, "fault_at": None, "gaps": 0} for row in read}
    faults = lifecycle.session().scalars(
        select(Poll)
        .join(Connection, Connection.id == Poll.connection_id)
        .where(Connection.brand_id == brand_id, Poll.last_fault.is_not(None))
        .order_by(Poll.last_fault_at)
    )
    for poll in faults:
        health[poll.connection_id] |= {"fault": poll.last_fault, "fault_at": poll.last_fault_at}
    gaps = lifecycle.session().execute(
        select(Poll.connection_id, func.count(Gap.id))
        .join(Gap, Gap.poll_id == Poll.id)
        .join(Connection, Connection.id == Poll.connection_id)
        .where(Connection.brand_id == brand_id)
        .group_by(Poll.connection_id)
    )
    for connection_id, count in gaps:
        health[connection_id]["gaps"] = count
    return health


def _about(brand_id: int) -> dict[str, Any]:
    """Return what runs here: versions, database, the model that judged last, and when a worker was seen."""
    settings = lifecycle.context().settings
    newest = select(Mention.model, Mention.scored_at).where(
        Mention.brand_id == brand_id, Mention.scored_at.is_not(None)
    )
    scored = lifecycle.session().execute(newest.order_by(Mention.created_at.desc()).limit(1)).first()
    try:
        version = version_of("earshot")
    except PackageNotFoundError:
        version = None
    return {
        "version": version,
        "database": "SQLite" if lifecycle.context().database.is_sqlite else "PostgreSQL",
        "model": scored.model if scored else None,
        "languages": settings.sentiment_languages,
        "sending": settings.sending,
        "worker_seen_at": last_seen(lifecycle.context()),
        "public_url": settings.effective_public_url,
    }
