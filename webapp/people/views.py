"""The proposed links, the page of a person, and the moves people make on them from there or from a case."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from sqlalchemy import select

from responder.errors import NotFound
from responder.models import Author, Case, LinkStatus
from responder.people import joining, links, objections, on_case, persons
from webapp import lifecycle
from webapp.access import permission, person, safe_next
from webapp.people import words

blueprint = Blueprint("people", __name__)
for _filter in (words.clue_words, words.kind_words, words.sureness):
    blueprint.add_app_template_filter(_filter)


@blueprint.get("/people")
@permission("people.read")
def page() -> str:
    session, brand_id = lifecycle.session(), person().brand_id
    typed = request.args.get("q", "").strip()[:200]
    before = request.args.get("before", "")
    proposed = persons.list_proposed(session, brand_id=brand_id, before=_id(before))
    return render_template(
        "people/page.html",
        typed=typed,
        found=persons.find_accounts(session, secret=_secret(), brand_id=brand_id, words=typed) if typed else (),
        proposed=proposed,
        older=proposed[-1].link_id if len(proposed) == persons.PAGE else None,
        is_first=not before,
    )


@blueprint.get("/people/<id:author_id>")
@permission("people.read")
def one(author_id: int) -> str:
    return render_template("people/person.html", **_person(author_id))


@blueprint.post("/people/links/<id:link_id>/confirm")
@permission("people.link")
def confirm(link_id: int) -> Any:
    seen = request.args.get("seen", LinkStatus.PROPOSED)
    links.confirm(lifecycle.session(), secret=_secret(), link_id=link_id, seen=seen, **_move())
    return _answer(link_id, _("Linked: one person"))


@blueprint.post("/people/links/<id:link_id>/reject")
@permission("people.link")
def reject(link_id: int) -> Any:
    links.reject(lifecycle.session(), link_id=link_id, **_move())
    return _answer(link_id, _("Not the same person"))


@blueprint.post("/people/links/<id:link_id>/revoke")
@permission("people.link")
def revoke(link_id: int) -> Any:
    links.revoke(lifecycle.session(), link_id=link_id, **_move())
    return _answer(link_id, _("No longer linked"))


@blueprint.post("/people/links/<id:link_id>/undo")
@permission("people.link")
def undo_link(link_id: int) -> Any:
    links.undo(lifecycle.session(), link_id=link_id, **_move())
    return _answer(link_id, _("Undone"))


@blueprint.post("/people/<id:author_id>/do-not-score")
@permission("people.object")
def do_not_score(author_id: int) -> Any:
    objections.object_to_scoring(lifecycle.session(), secret=_secret(), **_account(author_id), **_move())
    return redirect(url_for("people.one", author_id=author_id), 303)


@blueprint.post("/people/<id:author_id>/score-again")
@permission("people.object")
def score_again(author_id: int) -> Any:
    objections.withdraw(
        lifecycle.session(),
        secret=_secret(),
        brand_id=person().brand_id,
        now=lifecycle.now(),
        **_account(author_id),
    )
    return redirect(url_for("people.one", author_id=author_id), 303)


@blueprint.post("/people/joins/<id:proposal_id>/join")
@permission("case.act")
def join(proposal_id: int) -> Any:
    done = joining.join(lifecycle.session(), proposal_id=proposal_id, **_move())
    return redirect(url_for("cases.page", case_id=done.case_id), 303)


@blueprint.post("/people/joins/<id:proposal_id>/refuse")
@permission("case.act")
def refuse(proposal_id: int) -> Any:
    joining.refuse(lifecycle.session(), proposal_id=proposal_id, **_move())
    return redirect(safe_next(request.form.get("next")), 303)


@blueprint.post("/people/joins/<id:proposal_id>/undo")
@permission("case.act")
def undo(proposal_id: int) -> Any:
    done = joining.undo(lifecycle.session(), proposal_id=proposal_id, **_move())
    return redirect(url_for("cases.page", case_id=done.from_case_id), 303)


def about_case(case: Case) -> on_case.OnCase:
    """Return what the page of a case says of people, for the macro of `people/on_case.html`."""
    return on_case.about(lifecycle.session(), secret=_secret(), brand_id=person().brand_id, case=case)


def _answer(link_id: int, said: str) -> Any:
    """Draw anew what the move was made on: a case's section, a person's page, or a row of the list."""
    if "HX-Request" not in request.headers:
        return redirect(safe_next(request.form.get("next")), 303)
    if request.form.get("case"):
        return _on_case()
    of = _id(request.form.get("person", ""))
    if of is not None:
        return render_block("people/person.html", "whole", **_person(of))
    link = persons.get_link(lifecycle.session(), brand_id=person().brand_id, link_id=link_id)
    return render_template("people/answer.html", link=link, said=said)


def _on_case() -> str:
    wanted = select(Case).where(Case.id == _id(request.form.get("case", "")), Case.brand_id == person().brand_id)
    case = lifecycle.session().scalar(wanted)
    if case is None:
        raise NotFound("There is no such case.")
    return render_template("people/case_answer.html", about=about_case(case))


def _person(author_id: int) -> dict[str, Any]:
    view = persons.get_person(lifecycle.session(), secret=_secret(), brand_id=person().brand_id, author_id=author_id)
    return {"view": view, "author_id": author_id}


def _account(author_id: int) -> dict[str, Any]:
    """Return the source and platform id of an account of this brand. Raises NotFound, also across brands."""
    wanted = select(Author.source, Author.external_id).where(
        Author.id == author_id, Author.brand_id == person().brand_id
    )
    found = lifecycle.session().execute(wanted).one_or_none()
    if found is None:
        raise NotFound("There is no such account.")
    return {"source": found.source, "external_id": found.external_id}


def _move() -> dict[str, Any]:
    """Return what every move needs: the wall around it, who makes it and when."""
    me = person()
    return {"brand_id": me.brand_id, "user_id": me.user_id, "now": lifecycle.now()}


def _secret() -> str:
    return lifecycle.context().secret


def _id(typed: str) -> int | None:
    """Read one of our ids from what a browser sent; None for anything no database could hold."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 18 else None
