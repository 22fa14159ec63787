"""The command line, one file per family of commands; `serve` is added by the floor above.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing to do or refused.
"""

from __future__ import annotations

import click

from responder import logs
from responder.cli.ends import Ends, ending_well
from responder.settings import read_settings

COMMANDS = {
    "collect": "running",
    "count": "asking",
    "demo": "feeding",
    "do-not-score": "people:do_not_score",
    "doctor": "doctor",
    "eligibility": "eligibility",
    "embed": "vectors",
    "import": "feeding:import_file",
    "incidents": "incidents",
    "migrate": "running",
    "model": "modelling",
    "promise": "promising",
    "queue": "asking",
    "rank": "ranking",
    "reply": "replying",
    "report": "reporting",
    "score": "asking",
    "sharers": "sharing",
    "simulate": "simulating",
    "source": "setting_up",
    "user": "setting_up",
    "watch": "setting_up",
    "worker": "running",
}
"""Each command and the module it stands in, with its name there when that is another."""


@click.group(cls=Ends, found_in=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="earshot", prog_name="earshot")
@click.pass_context
def cli(context: click.Context) -> None:
    """Earshot hears what people say about a brand in public, and gets the unhappy ones a good answer fast."""
    with ending_well():
        context.obj = read_settings()
    logs.configure(context.obj)
