"""How a command ends: errors become one sentence each on standard error, and an exit code a script can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from listeners.errors import Refused, SourceError
from responder.errors import Invalid, ResponderError
from sentiment import ModelUnusable

DONE, FAILED, WRONG_USAGE, NOTHING_DONE = range(4)

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (Invalid, WRONG_USAGE),
    (ResponderError, NOTHING_DONE),
    (Refused, NOTHING_DONE),
    (SourceError, FAILED),
    (ModelUnusable, FAILED),
    (OSError, FAILED),
)
"""What an error means to a script; the first kind that fits counts."""


class Ends(click.Group):
    """A group whose commands end by these rules, and whose modules are imported when one of their commands is wanted.

    `found_in` names the module of each command under `responder.cli`, as "module" or "module:attribute": importing all
    of them would make every command wait for what only one needs.
    """

    def __init__(self, *args: Any, found_in: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._found_in = found_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._found_in})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._found_in:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._found_in[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"responder.cli.{module}"), attribute or cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        with ending_well():
            return super().invoke(ctx)


@contextmanager
def ending_well() -> Iterator[None]:
    """Turn what the block raises into sentences and an exit code. What nobody expected keeps its traceback."""
    try:
        yield
    except BrokenPipeError:
        # Whoever read us has seen enough (`earshot queue | head`).
        raise SystemExit(DONE) from None
    except OperationalError as error:
        click.echo(f"The database does not answer: {str(error.orig).strip()}. `earshot doctor` says more.", err=True)
        raise SystemExit(FAILED) from None
    except tuple(kind for kind, _ in _CODES) as error:
        for sentence in error.faults if isinstance(error, Invalid) else (str(error),):
            click.echo(sentence, err=True)
        raise SystemExit(next(code for kind, code in _CODES if isinstance(error, kind))) from None
