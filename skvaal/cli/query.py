"""The command ``skvaal query``: from files to what to label next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated, Any

import typer

from skvaal.cli import options
from skvaal.cli.printing import check_name, named_path, say, usage_errors

_N_SHOWN = 10


@usage_errors()
def query(
    pool: options.PoolArgument,
    out: Annotated[
        Path,
        typer.Option(parser=named_path, metavar="FOLDER", help="Where the results go."),
    ],
    labels: options.Labels = None,
    n: options.Count = 20,
    strategy: options.Strategy = "vaal_herding",
    preset: options.Preset = None,
    size: options.Size = None,
    features: options.Features = None,
    predictions: options.Predictions = None,
    model: options.Model = "auto",
    device: options.Device = "auto",
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same picks.")] = 0,
    strict: options.Strict = False,
    path_column: options.PathColumn = None,
    text_column: options.TextColumn = None,
    label_column: options.LabelColumn = None,
    prefix: options.Prefix = "local-files",
    jobs: options.Jobs = -1,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar, no table.")] = False,
) -> None:
    """Choose what to label next: picks.csv, page.html, label_studio.json."""
    from skvaal.project.choosing.choosing import choose
    from skvaal.project.reading import read_known
    from skvaal.project.writing import address_of, check_folder, write_folder

    # Before anything is read or trained.
    names = {"POOL": pool, "--labels": labels, "--predictions": predictions, "--out": out}
    for argument, name in names.items():
        check_name(name, argument)
    check_folder(out)
    address_of(prefix)
    with _interrupts():
        known = read_known(
            pool,
            labels,
            size=size,
            path_column=path_column,
            text_column=text_column,
            label_column=label_column,
            strict=strict,
            n_jobs=jobs,
            progress=not quiet,
        )
        picks = choose(
            known,
            n,
            strategy=strategy,
            preset=preset,
            features=features,
            model=model,
            predictions=predictions,
            device=device,
            seed=seed,
            n_jobs=jobs,
            progress=not quiet,
        )
        command = shlex.join(["skvaal", *sys.argv[1:]])
        write_folder(picks, out, prefix=prefix, command=command)
    if not quiet:
        print_picks(picks)
        say(f"\nOpen {out / 'page.html'}; {out} holds picks.csv and label_studio.json, too.")


def print_picks(picks: Any) -> None:
    """Print the summary, the notes, and the first picks with their reasons."""
    say(picks.summary)
    for note in picks.notes:
        say(f"Note: {note}")
    names = [" ".join(name.split()) for name in picks.names[:_N_SHOWN]]
    width = min(max(map(len, names)), 40)
    room = max(20, get_terminal_size((100, 24)).columns - width - 8)
    say(f"\n{'rank':>4}  {picks.known.samples.column:<{width}}  why")
    for i, name in enumerate(names):
        shown = name if len(name) <= width else f"...{name[3 - width :]}"
        say(f"{i + 1:>4}  {shown:<{width}}  {_cut(picks.reasons[i], room)}")
    if len(picks.names) > _N_SHOWN:
        say(f"      ... and {len(picks.names) - _N_SHOWN:,} more")


def _cut(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."


@contextmanager
def _interrupts() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        say("\nStopped; nothing was written.", file=sys.stderr)
        raise typer.Exit(130) from error
