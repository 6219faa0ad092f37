"""The commands ``skvaal benchmark`` and ``skvaal report``: their options.

Names and defaults stand here as they are in :mod:`skvaal.benchmark`, so that help needs none of its
libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skvaal.cli.printing import check_name, named_path, usage_errors

DATA = (
    "digits, iris, wine, breast_cancer, fashion_mnist, cifar10, cifar10_features, cifar100, "
    "caltech101_64, caltech256, imagenet, ag_news_small"
)
ESTIMATORS = "random_forest, logistic_regression, svm, mlp, small_cnn, resnet18"
PROTOCOLS = (
    "standard, random_start, stratified_start, biased_start, noisy_oracle, imbalanced, duplicated, "
    "budget_sweep"
)
STRATEGIES = "herding,vaal_herding,vaal,margin,entropy,uncertainty,random"


@usage_errors()
def benchmark(
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME,...",
            help=f"{DATA}, openml:NAME, a .npz file with X and y, a folder with one per class.",
        ),
    ] = ["digits"],  # noqa: B006 (typer reads it, nothing changes it)
    strategies: Annotated[
        list[str],
        typer.Option(
            metavar="NAME,...", help="`skvaal strategies` lists them; all: but the ablations."
        ),
    ] = [STRATEGIES],  # noqa: B006
    estimator: Annotated[
        str, typer.Option(metavar="NAME", help=f"Task model: {ESTIMATORS}.")
    ] = "random_forest",
    protocols: Annotated[list[str], typer.Option(metavar="NAME,...", help=f"{PROTOCOLS}.")] = [  # noqa: B006
        "standard"
    ],
    seeds: Annotated[int, typer.Option(metavar="N", help="Paired repetitions.")] = 8,
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
        bool, typer.Option("--skip-bad", help="Leave out images that cannot be read.")
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
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress bar.")] = False,
) -> None:
    """Compare query strategies in modAL's ActiveLearner, and write a report.

    Each finished round is written at once. After a stop, the same command plays only the runs that
    are not complete. The exit status is 1 if a strategy failed; the others are compared all the
    same.
    """
    from skvaal.benchmark.plan import Plan
    from skvaal.cli.comparing import Comparison

    check_name(out, "--out")
    comparison = Comparison(
        data=data,
        strategies=strategies,
        protocols=protocols,
        vaal=vaal or [],
        estimator=estimator,
        plan=Plan(n_seeds=seeds, rounds=rounds, batch=batch, initial=initial, pool_size=pool_size),
        reading={"skip_bad": skip_bad, "image_size": image_size, "max_pixels": max_pixels},
    )
    comparison.play(jobs=jobs, dask=dask, out=out, quiet=quiet)


@usage_errors()
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
) -> None:
    """Write report.html of finished comparisons, one page that needs no other file."""
    from skvaal.cli.comparing import report_on

    check_name(folder, "FOLDER")
    check_name(out, "--out")
    report_on(folder, out or folder)
