"""The command ``skvaal query``: from files to what to label next."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated, Any

import typer

from skvaal._files.reading import shown
from skvaal.cli import options
from skvaal.cli.printing import check_name, named_path, say, usage_errors
from skvaal.cli.unused import (
    joined,
    note_unused_of_choice,
    note_unused_of_pool,
    note_without_labels,
)
from skvaal.cli.wording import Words, options_named

_N_SHOWN = 10


@usage_errors()
@options_named
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
    max_pixels: options.MaxPixels = None,
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
    tools: options.Tools = None,
    jobs: options.Jobs = -1,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar, no table.")] = False,
) -> None:
    """Choose what to label next: a table, a page, files for labelling tools."""
    given = dict(locals())
    from skvaal.project.choosing.choosing import choose
    from skvaal.project.labelling import (
        DEFAULT_TOOLS,
        FILES_OF,
        address_of,
        check_tools,
        find_tools,
        note_without_classes,
        offered_classes,
    )
    from skvaal.project.reading import read_known
    from skvaal.project.writing import check_folder, write_folder

    # Before anything is read or trained.
    read: list[tuple[str, str | None]] = [("POOL", pool), ("--predictions", predictions)]
    read += [("--labels", each) for each in labels or ()]
    for argument, name in (*read, ("--out", out)):
        check_name(name, argument)
    check_folder(out)
    _check_is_kept(out, [*read, ("--features", features)])
    address_of(prefix)
    wanted = find_tools(DEFAULT_TOOLS if tools is None else tools)
    with _interrupts():
        known = read_known(
            pool,
            labels or None,
            size=size,
            **({} if max_pixels is None else {"max_pixels": max_pixels}),
            path_column=path_column,
            text_column=text_column,
            label_column=label_column,
            strict=strict,
            n_jobs=jobs,
            progress=not quiet,
        )
        check_tools(wanted, known)
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
        write_folder(picks, out, prefix=prefix, tools=wanted, command=command)
    if not quiet:
        of_pool = note_unused_of_pool(
            known.samples.kind, size=size, strict=strict, max_pixels=max_pixels
        )
        of_pool += note_without_labels(label_column, labels, pool)
        unused = [*of_pool, *note_unused_of_choice(picks, given, tools=wanted)]
        print_picks(
            picks,
            Words(query, given),
            [*note_without_classes(offered_classes(known), wanted), *unused],
        )
        others = ["picks.csv", *(FILES_OF[each][0] for each in wanted)]
        say(f"\nOpen {out / 'page.html'}; {out} holds {joined(others)}, too.")


def print_picks(picks: Any, words: Words, unused: Iterable[str]) -> None:
    """Print the summary, the notes, and the first picks with their reasons."""
    say(picks.summary)
    for note in (*map(words, picks.notes), *unused):
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


def _check_is_kept(out: Path, read: Iterable[tuple[str, Any]]) -> None:
    """Raise if the folder that is to be replaced holds what is about to be read."""
    for argument, name in read:
        if name is None or not os.path.lexists(name):
            continue
        if Path(os.path.realpath(name)).is_relative_to(os.path.realpath(out)):
            raise ValueError(
                f"--out {shown(out)} would replace {argument} {shown(name)}; name a new folder"
            )


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
