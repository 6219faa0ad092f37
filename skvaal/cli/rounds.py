"""The commands ``skvaal round``: a project of labelling rounds in a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skvaal.cli import options
from skvaal.cli.commands import Command
from skvaal.cli.printing import fail, named_path, say, usage_errors
from skvaal.cli.unused import (
    note_prefix_of_copy,
    note_unused,
    note_unused_of_choice,
    note_unused_of_pool,
    note_whose_copy,
    note_without_labels,
)
from skvaal.cli.wording import Words, options_named

if TYPE_CHECKING:
    from skvaal.project.rounds.status import Status

_BAR = 30
_N_CLASSES = 12
_HOW_TO_TELL = {
    ".csv": "Fill in the labels, then: skvaal round tell {project} {out}",
    ".html": "For a table to fill in: skvaal round ask {project} --again --out labels.csv",
}
_WITH_A_TOOL = "Label what {out} names in the tool, then: skvaal round tell {project} EXPORT"

rounds = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_Folder = Annotated[
    Path, typer.Argument(parser=named_path, metavar="PROJECT", help="Folder of the project.")
]
_Pool = Annotated[
    str | None, typer.Option(metavar="POOL", help="Where the pool is now, if it was moved.")
]
_Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar.")]


@contextmanager
def _stops() -> Iterator[None]:
    """Tell what became of the project if another process is in the way, or after Ctrl-C."""
    from skvaal.project.rounds.events import ProjectInUseError

    try:
        yield
    except ProjectInUseError as error:
        fail(str(error), 1)
    except KeyboardInterrupt as error:
        say("\nStopped; nothing was recorded.", file=sys.stderr)
        raise typer.Exit(130) from error


@rounds.command(cls=Command, no_args_is_help=True)
@usage_errors()
@options_named
def start(
    project: _Folder,
    pool: options.PoolOption,
    labels: options.Labels = None,
    size: options.Size = None,
    max_pixels: options.MaxPixels = None,
    strict: options.Strict = False,
    path_column: options.PathColumn = None,
    text_column: options.TextColumn = None,
    label_column: options.LabelColumn = None,
    jobs: options.Jobs = -1,
    quiet: _Quiet = False,
) -> None:
    """Begin a project: remember the pool, and the labels that are there."""
    given = dict(locals())
    from skvaal.project.rounds.project import Project

    reading = {"image_size": size, "max_pixels": max_pixels}
    with _stops():
        begun = Project.start(
            project,
            pool,
            labels=labels or None,
            **{name: value for name, value in reading.items() if value is not None},
            strict=strict,
            path_column=path_column,
            text_column=text_column,
            label_column=label_column,
            n_jobs=jobs,
            progress=not quiet,
        )
        state = begun.read_state()
    say(f"{project} has {len(state.names):,} samples, {len(state.labels):,} with a label.")
    if n_left_out := state.facts["n_left_out"]:
        were = "1 file was" if n_left_out == 1 else f"{n_left_out:,} files were"
        say(f"Note: {were} left out as unreadable.")
    notes = map(Words(start, given), state.facts.get("notes", ()))
    kind = state.facts["kind"]
    of_pool = note_unused_of_pool(kind, size=size, strict=strict, max_pixels=max_pixels)
    of_pool += note_without_labels(label_column, labels, pool)
    for note in (*notes, *of_pool):
        say(f"Note: {note}")
    say(f"Next: skvaal round ask {project} -n 20 --out round_1.csv")


@rounds.command(cls=Command, no_args_is_help=True)
@usage_errors()
@options_named
def ask(
    project: _Folder,
    n: options.Count = 20,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=named_path,
            metavar="FILE",
            help="Copy of the table (.csv), the page (.html) or a tool's file (.json, .xml).",
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Copy the files of the last round; ask nothing new.")
    ] = False,
    strategy: options.Strategy = "vaal_herding",
    preset: options.Preset = None,
    features: options.Features = None,
    predictions: options.Predictions = None,
    model: options.Model = "auto",
    device: options.Device = "auto",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="[default: the number of rounds before]")
    ] = None,
    prefix: options.Prefix = "local-files",
    tools: options.Tools = None,
    pool: _Pool = None,
    jobs: options.Jobs = -1,
    quiet: _Quiet = False,
) -> None:
    """Choose samples to label next: never one that was asked for before."""
    given = dict(locals())
    from skvaal.cli.query import print_picks
    from skvaal.project.labelling import FILES_OF, TOOLS, note_without_classes, offered_classes
    from skvaal.project.rounds.project import Project

    with _stops():
        opened = Project(project)
        if again:
            one = opened.copy_round(out, tools=tools, prefix=prefix, pool=pool)
            if needless := ", ".join(_given_beside(again=given)):
                have = "have" if "," in needless else "has"
                say(f"Note: {needless} {have} no effect with --again.")
            folder = project / one.folder
            of_copy = note_whose_copy(out, tools, folder, again=True)
            of_copy += note_prefix_of_copy(out, prefix, folder)
            for note in (*one.notes, *of_copy):
                say(f"Note: {note}")
            where = out or folder
            say(f"Round {one.number} asked for {len(one.names):,} samples: {where}")
            return
        asked = opened.ask(
            n,
            out=out,
            strategy=strategy,
            preset=preset,
            features=features,
            predictions=predictions,
            model=model,
            device=device,
            seed=seed,
            prefix=prefix,
            tools=tools,
            pool=pool,
            n_jobs=jobs,
            progress=not quiet,
        )
    if not quiet:
        wrote = [each for each in TOOLS if (asked.folder / FILES_OF[each][0]).exists()]
        noted = note_without_classes(offered_classes(asked.picks.known), wrote)
        noted += note_unused_of_choice(asked.picks, given, tools=wrote)
        noted += note_whose_copy(out, tools, asked.folder)
        print_picks(asked.picks, Words(ask, given), noted)
    say(f"\nRound {asked.round.number} is recorded; its page and tables are in {asked.folder}.")
    if out is not None:
        how = _HOW_TO_TELL.get(out.suffix.lower(), _WITH_A_TOOL)
        say(how.format(project=project, out=out))


@rounds.command(cls=Command, no_args_is_help=True)
@usage_errors()
@options_named
def tell(
    project: _Folder,
    file: Annotated[
        Path,
        typer.Argument(
            parser=named_path,
            metavar="FILE",
            help="Table, folder per class, or a labelling tool's export.",
        ),
    ],
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    unasked: Annotated[
        bool, typer.Option("--unasked", help="Take labels that no round asked for, too.")
    ] = False,
    pool: _Pool = None,
    jobs: options.Jobs = -1,
    quiet: _Quiet = False,
) -> None:
    """Take labels in; tell again what was corrected."""
    given = dict(locals())
    from skvaal.project.rounds.project import Project

    with _stops():
        opened = Project(project)
        answer = opened.tell(
            file,
            path_column=path_column,
            label_column=label_column,
            unasked=unasked,
            pool=pool,
            n_jobs=jobs,
            progress=not quiet,
        )
        state = opened.read_state()
    for note in map(Words(tell, given), answer.notes):
        say(f"Note: {note}")
    if answer.new_classes:
        say(f"Note: classes that are new here: {', '.join(map(repr, answer.new_classes))}.")
    counts = f"{answer.n_new:,} new, {answer.n_corrected:,} corrected, {answer.n_same:,} as before"
    say(f"Labels: {counts}. {len(state.labels):,} in all, {len(state.waiting):,} still asked for.")


@rounds.command(cls=Command, no_args_is_help=True)
@usage_errors()
@options_named
def status(
    project: _Folder,
    curve: Annotated[
        bool,
        typer.Option(help="Show the learning curve: cross-validate a model on the labels so far."),
    ] = True,
    pool: _Pool = None,
    jobs: options.Jobs = -1,
    quiet: _Quiet = False,
) -> None:
    """Show rounds, labels, the learning curve so far, and what asking has saved."""
    from skvaal.project.rounds.project import Project

    with _stops():
        report = Project(project).report_status(
            curve=curve, pool=pool, n_jobs=jobs, progress=not quiet
        )
    _print_status(report)
    for note in note_unused({"--pool": not curve and pool is not None}, "no curve was asked for"):
        say(f"Note: {note}")


def _given_beside(*, again: dict[str, Any]) -> list[str]:
    """Which options of a new question were given."""
    usual = {name: each.default for name, each in signature(ask).parameters.items()}
    passed = ("project", "out", "again", "tools", "prefix", "pool", "jobs", "quiet")
    return [
        "-n" if name == "n" else f"--{name}"
        for name, value in again.items()
        if name in usual and name not in passed and value != usual[name]
    ]


def _print_status(report: Status) -> None:
    were = "1 label was" if report.n_corrected == 1 else f"{report.n_corrected:,} labels were"
    say(
        f"{report.n_labeled:,} of {report.n_samples:,} samples have a label; {report.n_waiting:,} "
        f"are asked for, {report.n_left:,} are left. {were} corrected."
    )
    if report.n_gone:
        say(f"Gone or damaged, without a label: {report.n_gone:,}.")
    if _is_complete(report):
        say("Nothing is left to label.")
    _print_classes(report.classes)
    if report.rounds:
        say("\nround  asked  labelled  seconds  hours to the answer")
    for one in report.rounds:
        hours = "-" if one.hours is None else f"{one.hours:.1f}"
        say(
            f"{one.number:>5}  {one.n_asked:>5,}  {one.n_labeled:>8,}  {one.seconds:>7.1f}  "
            f"{hours:>19}"
        )
    _print_curve(report)


def _is_complete(report: Status) -> bool:
    return not report.n_left and not report.n_waiting


def _print_classes(classes: Any) -> None:
    shown = [f"{label!r}: {count:,}" for label, count in list(classes.items())[:_N_CLASSES]]
    if len(classes) > _N_CLASSES:
        shown.append(f"{len(classes) - _N_CLASSES:,} other classes")
    if shown:
        say(f"Classes: {', '.join(shown)}.")


def _print_curve(report: Status) -> None:
    if not report.curve:
        say(f"\n{report.model}")
        return
    say(f"\nlabels  accuracy, cross-validated: {report.model}")
    for point in report.curve:
        bar = "#" * round(_BAR * point.accuracy)
        numbers = f"{100 * point.accuracy:5.1f} % +- {100 * point.error:.1f}"
        say(f"{point.n_labels:>6,}  {numbers:<15} {bar}")
    say("The labels were not drawn at random: on the whole pool a model may do better or worse.")
    if report.should_stop is not None:
        answer = f"Stop labelling? {'Yes' if report.should_stop else 'Not yet'}. "
        say(f"{'' if _is_complete(report) else answer}{report.stopping}")
    if report.saving is None:
        say("What asking saved can be estimated after three answers.")
        return
    saving = report.saving
    randomly = "randomly ordered, no number of them reached it"
    if saving.n_random is not None:
        randomly = f"randomly ordered it would take about {saving.n_random:,}"
    say(
        f"To reach {100 * saving.accuracy:.1f} % accuracy took {saving.n_labels:,} of your labels; "
        f"{randomly}. This is an estimate from the labels told so far, which were themselves "
        "chosen."
    )
