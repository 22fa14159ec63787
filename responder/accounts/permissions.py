"""Who may do what: one table from permission to roles. Asking it is left to `webapp.access` and the command line."""

from __future__ import annotations

from responder.errors import NotAllowed
from responder.models import Role

_EVERYONE = frozenset(Role)

PERMISSIONS: dict[str, frozenset[Role]] = {
    "account.own": _EVERYONE,
    "queue.read": _EVERYONE,
    "case.act": frozenset({Role.ADMIN, Role.AGENT}),
    "reply.write": frozenset({Role.ADMIN, Role.AGENT}),  # what of it leaves, and by whom: `responder.replies.rights`
    "people.read": frozenset({Role.ADMIN, Role.AGENT}),  # whoever reads this sees people's scores
    "people.link": frozenset({Role.ADMIN, Role.AGENT}),
    "people.lead": frozenset({Role.ADMIN}),
    "people.object": frozenset({Role.ADMIN, Role.AGENT}),
    "incident.act": frozenset({Role.ADMIN, Role.AGENT}),
    "incident.approve": frozenset({Role.ADMIN}),
    "insights.read": _EVERYONE,
    "settings.read": _EVERYONE,
    "watches.change": frozenset({Role.ADMIN, Role.MARKETER}),
    "sources.change": frozenset({Role.ADMIN}),
    "people.change": frozenset({Role.ADMIN}),
    "brand.change": frozenset({Role.ADMIN}),
    "demo.change": frozenset({Role.ADMIN}),
}
"""Every permission there is, and the roles that hold it."""


def may(role: str, permission: str) -> bool:
    """Tell whether a role holds a permission. Raises KeyError for a permission that is not in the table."""
    return role in PERMISSIONS[permission]


def require(role: str, permission: str) -> None:
    """Raise NotAllowed unless the role holds the permission."""
    if not may(role, permission):
        holders = " or ".join(sorted(holder.value for holder in PERMISSIONS[permission]))
        raise NotAllowed(f"This needs the role {holders}. An admin can give it to you in Settings, People.")
