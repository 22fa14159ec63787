"""How values look to people: ages, counts, languages, links to elsewhere. Filters and globals for templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from flask import Flask, g, request
from flask_babel import format_date, format_time, get_domain, get_locale, ngettext, to_user_timezone
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from listeners import registry
from responder.cases.explaining import Reason
from responder.models import CaseEvent
from webapp.lifecycle import now
from webapp.queue.rows import tag, version

FOLD_AT = 400
"""Characters of a text shown before it is folded."""

SHOWN_REASONS = 3
"""Reasons a row of the queue shows before it is asked for all of them."""

SOON_S = 15 * 60
"""Seconds before its end from which a promise is shown as running out."""

_SOURCE_MARKS = {
    "x": "X",
    "bluesky": "Bs",
    "mastodon": "M",
    "reddit": "R",
    "hacker_news": "Y",
    "app_store": "A",
    "rss": "Fe",
    "webhook": "Wh",
    "csv": "Cs",
}


def init_app(app: Flask) -> None:
    """Offer the filters and globals below to every template."""
    filters = (
        source_title,
        event_words,
        version,
        tag,
        ago,
        past,
        iso,
        full_time,
        compact,
        language_name,
        web_link,
        real_host,
        source_mark,
        percent,
        is_long,
        beginning,
        promise_left,
        danger_words,
        leading,
    )
    app.jinja_env.filters.update({made.__name__: made for made in filters})
    _install_words(app)
    app.jinja_env.globals.update(csrf_token=generate_csrf, now=now, current_locale=_locale_code)


def _install_words(app: Flask) -> None:
    """Let templates ask this request's catalogue directly: finding it anew for every word was half of a page's time."""

    def catalogue() -> Any:
        if "catalogue" not in g:
            g.catalogue = get_domain().get_translations()
        return g.catalogue

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda words: catalogue().ugettext(words),
        lambda one, many, count: catalogue().ungettext(one, many, count),
        newstyle=True,
    )


def chosen_locale() -> str | None:
    """Return the reader's best language among those we have a catalogue for."""
    return request.accept_languages.best_match(_offered_locales())


@cache
def _offered_locales() -> tuple[str, ...]:
    """English, whose texts stand in the templates, and every language with a compiled catalogue."""
    catalogues = (Path(__file__).parent / "translations").glob("*/LC_MESSAGES/messages.mo")
    return ("en", *sorted(catalogue.parts[-3].replace("_", "-") for catalogue in catalogues))


def ago(instant: datetime) -> str:
    """Say how long ago something was, as short as it can be said; the full time belongs in a title beside it."""
    seconds = int((now() - instant).total_seconds())
    if seconds < 60:
        return str(_("now"))
    if seconds < 3600:
        return str(_("%(count)s min", count=seconds // 60))
    if seconds < 86_400:
        return str(_("%(count)s h", count=seconds // 3600))
    return str(ngettext("%(num)s day", "%(num)s days", seconds // 86_400))


def past(instant: datetime) -> str:
    """Say when something happened, so that it can end a sentence: "3 min ago"."""
    is_now = (now() - instant).total_seconds() < 60
    return str(_("just now") if is_now else _("%(time)s ago", time=ago(instant)))


def promise_left(until: datetime) -> tuple[str, str]:
    """Return how long a promise has still to run, or since when it is missed, and "kept", "soon" or "missed"."""
    seconds = int((until - now()).total_seconds())
    if seconds < 0:
        return str(_("missed %(time)s ago", time=_span(-seconds))), "missed"
    return str(_("%(time)s left", time=_span(seconds))), "soon" if seconds < SOON_S else "kept"


def leading(reasons: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    """Return the three reasons that weigh most, after those that decide the place, and all the others."""
    deciding = [reason for reason in reasons if reason.part in {"safety", "turn"}]
    weighing = [reason for reason in reasons if reason.part != "typical" and reason.points]
    first = [*deciding, *sorted(weighing, key=lambda reason: -abs(reason.points))][:SHOWN_REASONS]
    return [reason for reason in reasons if reason in first], [reason for reason in reasons if reason not in first]


def danger_words(kind: str) -> str:
    """Say what danger a case tells of."""
    words: dict[str, str] = {
        "self_harm": _("may hurt themselves"),
        "injury": _("somebody got hurt"),
        "fire": _("fire, shock or gas"),
        "child": _("a child in danger"),
        "data_leak": _("personal data out"),
        "violence": _("violence or threats"),
        "legal": _("legal steps"),
    }
    return words.get(kind, str(_("danger")))


def _span(seconds: int) -> str:
    """Say a span of time as short as it can be said."""
    if seconds < 3600:
        return str(_("%(count)s min", count=seconds // 60))
    if seconds < 2 * 86_400:
        return str(_("%(count)s h", count=seconds // 3600))
    return str(ngettext("%(num)s day", "%(num)s days", seconds // 86_400))


def iso(instant: datetime) -> str:
    """Return an instant for `<time datetime>`."""
    return instant.isoformat()


def full_time(instant: datetime) -> str:
    """Return date and time in the reader's language and the team's time zone."""
    return f"{format_date(to_user_timezone(instant), 'medium')}, {format_time(instant, 'short')}"


def compact(count: int | None) -> str:
    """Return 1,234 as 1.2K; a dash for unknown."""
    if count is None:
        return "–"
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if count >= size:
            short = count / size
            return f"{short:.0f}{letter}" if short >= 10 else f"{short:.1f}".removesuffix(".0") + letter
    return str(count)


def percent(share: float | None) -> str:
    """Return .873 as 87 %; a dash for unknown."""
    return "–" if share is None else f"{round(100 * share)} %"


def language_name(code: str | None) -> str:
    """Return a language's name in the reader's language; the code itself when nobody knows it."""
    if not code or code == "und":
        return str(_("unknown language"))
    return _language_name(code, str(get_locale() or "en"))


@lru_cache(maxsize=1000)
def _language_name(code: str, reader: str) -> str:
    try:
        return Locale.parse(code, sep="-").get_language_name(reader) or code
    except (UnknownLocaleError, ValueError):
        return code


def web_link(url: str | None) -> str | None:
    """Return an address that may become a link: http or https with a host. None for everything else."""
    if not url or not url.isprintable() or "\\" in url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and host and "@" not in parts.netloc else None


def real_host(url: str) -> str:
    """Return the host a link really leads to, in ASCII (punycode), so that look-alike letters show."""
    host = urlsplit(url).hostname or ""
    try:
        return host.encode("idna").decode().removeprefix("www.")
    except UnicodeError:
        return host.encode("ascii", "backslashreplace").decode()


def source_mark(source: str) -> str:
    """Return the one or two letters a source is marked with."""
    return _SOURCE_MARKS.get(source, source[:2].capitalize())


def source_title(name: str) -> str:
    """Return what people call a source; rows imported from a file keep the name they were given."""
    return _titles().get(name, name)


@cache
def _titles() -> dict[str, str]:
    return {info.name: info.title for info in registry.load().values()}


def event_words(event: CaseEvent) -> str:
    """Say what an event was. A kind that has no words yet is shown by its name."""
    kind = f"{event.kind}:{event.detail['resolution']}" if "resolution" in event.detail else event.kind
    kind = f"{event.kind}:{event.detail['judgement']}" if "judgement" in event.detail else kind
    if kind == "danger" and event.detail.get("danger"):
        return f"{_('Danger')}: {danger_words(event.detail['danger'])}"
    if kind == "danger":
        return str(_("No danger, a person says"))
    if kind == "assigned" and event.detail.get("assignee_id") is None:
        kind = "given_back"
    words: dict[str, str] = {
        "opened": _("Opened"),
        "mention_joined": _("Another mention joined"),
        "mention_moved": _("A mention was moved to another case"),
        "assigned": _("Assigned"),
        "given_back": _("Given back"),
        "snoozed": _("Snoozed"),
        "woke": _("Snooze is over"),
        "reopened": _("Back in the queue"),
        "answered": _("Answered: the reply was seen live"),
        "reply_retracted": _("Our reply was taken back"),
        "joined_incident": _("Gathered into an incident"),
        "left_incident": _("Left its incident"),
        "resolved:joined": _("Joined to another case"),
        "judged:not_a_person": _("Called no person"),
        "judged:not_unhappy": _("Called not unhappy"),
        "judged:not_ours": _("Called not ours"),
        "judged:wrong_person": _("Called the wrong person; links revoked"),
        "resolved:answered": _("Resolved"),
        "resolved:not_for_us": _("Resolved: not for us"),
        "resolved:gone": _("Closed: everything was deleted at its source"),
    }
    return words.get(kind, event.kind.replace("_", " "))


def is_long(text: str) -> bool:
    """Tell whether a text is folded."""
    return len(text) > FOLD_AT or text.count("\n") > 8


def beginning(text: str) -> str:
    """Return what is shown of a folded text, cut between words where possible."""
    lines = text.split("\n")
    cut = "\n".join(lines[:8])[:FOLD_AT]
    whole_words = cut.rpartition(" ")[0]
    return whole_words if len(whole_words) > FOLD_AT // 2 else cut


def _locale_code() -> str:
    return str(get_locale() or "en").replace("_", "-")
