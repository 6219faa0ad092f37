"""The command ``skvaal``, put together. No command's own libraries are imported here."""

from __future__ import annotations

from typing import Annotated

import typer

from skvaal._version import __version__
from skvaal.cli import comparisons, query, rounds, strategies
from skvaal.cli.commands import Command

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Choose which samples to label next, and compare ways to choose."""
    if show:
        print(f"skvaal {__version__}")
        raise typer.Exit


app.command(cls=Command, no_args_is_help=True)(query.query)
app.add_typer(
    rounds.rounds, name="round", help="Labelling rounds in a folder: start, ask, tell, status."
)
app.command(cls=Command)(strategies.strategies)
app.command(cls=Command)(comparisons.benchmark)
app.command(cls=Command, no_args_is_help=True)(comparisons.report)
