"""The commands about what we answer: `earshot reply …`, each read when it is wanted."""

from __future__ import annotations

import click

from responder.cli.ends import Ends

COMMANDS = {
    "approve": "speaking",
    "check": "checking",
    "draft": "speaking",
    "edit": "speaking",
    "list": "speaking:list_replies",
    "retract": "speaking",
    "rule": "speaking",
    "send": "speaking",
    "withdraw": "speaking",
}
"""Each command and the module it stands in, as in `responder.cli.COMMANDS`."""


@click.group(cls=Ends, found_in=COMMANDS)
def reply() -> None:
    """Answers: draft, check, approve, send and mend them."""
