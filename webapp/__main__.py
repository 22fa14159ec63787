"""The console script: every command of `responder.cli`, plus `serve`, which needs the web floor."""

from __future__ import annotations

import click

from responder.cli import cli
from responder.settings import Settings
from webapp import serving


@cli.command()
@click.option("--no-worker", is_flag=True, help="Serve pages only; run `earshot worker` elsewhere.")
@click.option("--host", help="Address to listen on, instead of EARSHOT_HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on, instead of EARSHOT_PORT.")
@click.pass_obj
def serve(settings: Settings, *, no_worker: bool, host: str | None, port: int | None) -> None:
    """Serve the web app, with a worker beside it, until interrupted."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    raise SystemExit(serving.serve(settings.model_copy(update=given), with_worker=not no_worker))


@cli.command(hidden=True)
@click.option("--supervisor", type=int, required=True, help="End with this process, which started these pages.")
@click.pass_obj
def web(settings: Settings, *, supervisor: int) -> None:
    """Serve pages in this process; `serve` starts and supervises it."""
    serving.serve_pages(settings, supervisor)


def main() -> None:
    """Run the command line."""
    cli(prog_name="earshot")


if __name__ == "__main__":
    main()
