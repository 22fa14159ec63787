"""How the pages name where a reply stands and what happened to it."""

from __future__ import annotations

from flask_babel import gettext as _

from responder.models import Reply, ReplyEvent, ReplyState, Way


def reply_state_words(reply: Reply) -> str:
    """Say where a reply stands."""
    if reply.state == ReplyState.APPROVED and reply.way == Way.BY_HAND:
        return str(_("waits to be seen: posted by hand"))
    if reply.state == ReplyState.SENT and reply.seen_at is None:
        return str(_("sent, not seen live yet"))
    words: dict[str, str] = {
        ReplyState.DRAFT: _("draft"),
        ReplyState.CHECKED: _("waits for approval"),
        ReplyState.APPROVED: _("approved, about to leave"),
        ReplyState.SENDING: _("leaving"),
        ReplyState.SENT: _("live"),
        ReplyState.FAILED: _("did not leave"),
        ReplyState.UNKNOWN: _("nobody knows yet"),
        ReplyState.RETRACTED: _("taken back"),
        ReplyState.REHEARSED: _("dry run, nothing left"),
        ReplyState.DROPPED: _("dropped"),
    }
    return words[reply.state]


def reply_event_words(event: ReplyEvent) -> str:
    """Say what an event of a reply was. A kind that has no words yet is shown by its name."""
    words: dict[str, str] = {
        "written": _("Drafted by %(machine)s", machine=event.detail["machine"])
        if event.detail.get("machine")
        else _("Written"),
        "changed": _("Changed"),
        "checked": _("Checked"),
        "approved": _("Approved"),
        "withdrawn": _("Called back"),
        "dropped": _("Dropped"),
        "claimed": _("Leaving"),
        "turned_back": _("Turned back"),
        "sent": _("Sent"),
        "refused": _("Refused"),
        "put_off": _("Put off"),
        "rehearsed": _("Dry run"),
        "lost": _("No clear answer from the platform"),
        "found": _("Found on the platform"),
        "absent": _("Not found on the platform"),
        "not_there": _("Called not there"),
        "repeatable": _("Sent again under the same key"),
        "seen": _("Seen live"),
        "not_seen": _("Not seen live for a day"),
        "doubled": _("Found beside another answer"),
        "edit_wished": _("Edit asked for"),
        "edited": _("Edited in public"),
        "retract_wished": _("Asked to take it back"),
        "retracted": _("Taken back"),
        "edit_refused": _("Edit refused"),
        "retract_refused": _("Could not be taken back"),
    }
    return words.get(event.kind, event.kind.replace("_", " "))
