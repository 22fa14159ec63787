"""`python -m responder`: every command but serve, for a machine that only works behind the web app."""

from __future__ import annotations

from responder.cli import cli

if __name__ == "__main__":
    cli(prog_name="earshot")
