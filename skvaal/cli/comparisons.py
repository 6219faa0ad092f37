"""The commands ``skvaal benchmark`` and ``skvaal report``: their options.

Names and defaults stand here as they are in :mod:`skvaal.benchmark`, so that help needs none of its
libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skvaal.cli.printing import check_name, named_path, usage_errors
from skvaal.cli.wording import options_named

DATA = (
    "digits, iris, wine, breast_cancer, image_segments, phishing, fashion_mnist, cifar10, "
    "cifar10_features, cifar100, caltech101_64, caltech256, imagenet, ag_news_small"
)
ESTIMATORS = "random_forest, gradient_boosting, logistic_regression, svm, mlp, small_cnn, resnet18"
PROTOCOLS = (
    "standard, random_start, stratified_start, biased_start, noisy_oracle, imbalanced, duplicated, "
    "budget_sweep"
)
STRATEGIES = "herding,vaal_herding,vaal,margin,entropy,uncertainty,random"
# What a case sets.
_OF_A_CASE = [
    "data", "estimator", "protocols", "rounds", "batch", "initial", "pool_size", "image_size",
    "max_pixels", "skip_bad",
]  # fmt: skip

Against = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Strategy that the report compares the others with.  [default: the first]",
    ),
]


@usage_errors()
@options_named
def benchmark(
    context: typer.Context,
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME,...",
            help=f"{DATA}, openml:NAME, a .npz file with X and y, a folder with class folders.",
        ),
    ] = ["digits"],  # noqa: B006 (typer reads it, nothing changes it)
    strategies: Annotated[
        list[str],
        typer.Option(
            metavar="NAME,...",
            help="`skvaal strategies` lists them; all: every one but ablations and variants.",
        ),
    ] = [STRATEGIES],  # noqa: B006
    estimator: Annotated[
        str, typer.Option(metavar="NAME", help=f"Task model: {ESTIMATORS}.")
    ] = "random_forest",
    protocols: Annotated[list[str], typer.Option(metavar="NAME,...", help=f"{PROTOCOLS}.")] = [  # noqa: B006
        "standard"
    ],
    case: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            help="Named cases (see --cases): data, estimator, protocol and sizes. all: every case.",
        ),
    ] = None,
    cases: Annotated[bool, typer.Option("--cases", help="List the named cases, and end.")] = False,
    seeds: Annotated[
        int, typer.Option(metavar="N", help="Paired repetitions; the default with --case is 20.")
    ] = 8,
    rounds: Annotated[int, typer.Option(metavar="N", help="Queries in each repetition.")] = 4,
    batch: Annotated[int, typer.Option(metavar="N", help="Samples labelled in each round.")] = 40,
    initial: Annotated[int, typer.Option(metavar="N", help="Samples labelled at the start.")] = 20,
    pool_size: Annotated[
        int | None, typer.Option(metavar="N", help="Samples drawn for each seed.  [default: all]")
    ] = None,
    vaal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Parameter of VAAL, such as max_epochs=20; may be repeated."
        ),
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Side of images.  [default: of the data]"),
    ] = None,
    max_pixels: Annotated[
        int | None,
        typer.Option(metavar="N", help="Most pixels of an image.  [default: 50 million]"),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out images that cannot be read; else stop.")
    ] = False,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes; -1: one for each core.")] = 2,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler of a cluster.")
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            parser=named_path, metavar="FOLDER", help="Records and report; complete runs are kept."
        ),
    ] = Path("results"),
    against: Against = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress bar.")] = False,
) -> None:
    """Compare query strategies in modAL's ActiveLearner, and write a report.

    Each finished round is written at once. After a stop, the same command plays only the runs that
    are not complete. The exit status is 1 if a strategy failed; the others are compared all the
    same.
    """
    if cases:
        from skvaal.cli.cases import list_cases

        list_cases()
        return
    from skvaal.benchmark.plan import Plan
    from skvaal.cli.comparing import Ask, Sizes, play, play_cases

    check_name(out, "--out")
    given = [name for name in context.params if _is_given(context, name)]
    ask = Ask(strategies=strategies, vaal=vaal or [], jobs=jobs, dask=dask, against=against)
    if case is not None:
        _check_alone(given)
        play_cases(case, ask, n_seeds=seeds if "seeds" in given else None, out=out, quiet=quiet)
        return
    sizes = Sizes(
        data=data,
        protocols=protocols,
        estimator=estimator,
        plan=Plan(n_seeds=seeds, rounds=rounds, batch=batch, initial=initial, pool_size=pool_size),
        reading={"skip_bad": skip_bad, "image_size": image_size, "max_pixels": max_pixels},
    )
    play(sizes, ask, out=out, quiet=quiet)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _check_alone(given: list[str]) -> None:
    """Raise if an option says what a case says."""
    for name in given:
        if name in _OF_A_CASE:
            option = f"--{name.replace('_', '-')}"
            raise ValueError(
                f"--case and {option} contradict each other: a case says its data, task model, "
                f"protocol and sizes; leave out {option}, or --case."
            )


@usage_errors()
@options_named
def report(
    folder: Annotated[
        Path,
        typer.Argument(
            parser=named_path, metavar="FOLDER", help="A comparison, or a folder of several."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            parser=named_path,
            metavar="FOLDER",
            help="Page, pictures and tables.  [default: the same]",
        ),
    ] = None,
    against: Against = None,
) -> None:
    """Write report.html of finished comparisons, one page that needs no other file."""
    from skvaal.cli.comparing import report_on

    check_name(folder, "FOLDER")
    check_name(out, "--out")
    report_on(folder, out or folder, against)
