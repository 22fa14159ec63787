"""How incidents are told to people."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from responder.incidents.reading import IncidentRow
from responder.models import IncidentEvent


def incident_event_words(event: IncidentEvent) -> str:
    """Say what an event was. A kind that has no words yet is shown by its name."""
    kind = f"{event.kind}:{event.detail['reason']}" if event.kind == "closed" else event.kind
    words: dict[str, str] = {
        "opened": _("Found: several people say the same"),
        "outbreak": _("Became an outbreak"),
        "renamed": _("Renamed"),
        "removed": _("A case was taken out"),
        "put_back": _("A case was put back"),
        "reopened": _("Opened again"),
        "drafted": _("Statement written"),
        "approved": _("Statement approved"),
        "approval_lost": _("Changed, so no longer approved"),
        "prepared": _("Answer prepared"),
        "closed:silence": _("Closed: nobody spoke of it for three days"),
        "closed:too_few": _("Closed: fewer than two people are left"),
        "closed:by_hand": _("Closed"),
    }
    return words.get(kind, event.kind.replace("_", " "))


def trend_words(row: IncidentRow) -> str:
    """Say how many people spoke lately, beside how many spoke the day before."""
    return str(
        ngettext(
            "%(num)s person spoke of it in the last 24 h, %(before)s in the 24 h before",
            "%(num)s people spoke of it in the last 24 h, %(before)s in the 24 h before",
            row.last_day,
            before=row.day_before,
        )
    )
