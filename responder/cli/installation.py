"""What most commands start from: the installation's context with a migrated database, and the brand they mean."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
from tqdm import tqdm

from responder.accounts.brands import brand_named, default_brand
from responder.context import Context
from responder.db import migrate
from responder.runtime import build
from responder.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

brand_option = click.option("--brand", help="Which brand, when there are several.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")


def installed(command: Callable[Concatenate[Context, P], R]) -> Callable[P, R]:
    """Hand a command the context of this installation, its database migrated."""

    @click.pass_obj
    def run(settings: Settings, /, *args: P.args, **kwargs: P.kwargs) -> R:
        context = build(settings)
        try:
            migrate(context.database)
            return command(context, *args, **kwargs)
        finally:
            context.database.close()

    return update_wrapper(run, command)


def brand_id_of(context: Context, name: str | None) -> int:
    """Return the brand of this name, or the only one. Raises NotFound, or Invalid when it must be named."""
    with context.database.writing() as session:
        brand = default_brand(session, now=context.clock()) if name is None else brand_named(session, name)
        return brand.id


def print_json(value: Any) -> None:
    """Print one JSON value on one line."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


@contextmanager
def progress(what: str, *, unit: str = "mention") -> Iterator[Callable[[int], None]]:
    """Show a bar while long work goes on, on a terminal only; call what it yields with how many were done."""
    with tqdm(desc=what, unit=f" {unit}", disable=not sys.stderr.isatty(), leave=False) as bar:

        def advance(count: int) -> None:
            bar.update(count)

        yield advance
