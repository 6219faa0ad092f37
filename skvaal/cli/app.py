"""The commands of ``skvaal``: benchmark and report."""

import ast
import os
import re
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from joblib import parallel_config
from tqdm import tqdm

from skvaal._version import __version__
from skvaal.benchmark.checks import check
from skvaal.benchmark.datasets import DATASETS, load_dataset
from skvaal.benchmark.estimators import ESTIMATORS
from skvaal.benchmark.failing import EveryRunFailedError, FailedStrategyWarning, failure_notes
from skvaal.benchmark.folder import FolderInUseError, find_results
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import PROTOCOLS, get_protocols
from skvaal.benchmark.report import format_table, write_report
from skvaal.benchmark.results import Results
from skvaal.benchmark.runner import WorkerKilledError, run
from skvaal.benchmark.statistics import cases, with_plan
from skvaal.benchmark.strategies import (
    ALL,
    DEFAULT_STRATEGIES,
    LIBRARIES,
    ONLY_BY_NAME,
    get_strategies,
    vaal_params_of,
)
from skvaal.benchmark.summary import summarize

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_PLAN = Plan()
_DEFAULT_NAMES = [",".join(DEFAULT_STRATEGIES)]
_HOW_TO_NAME_SEVERAL = "; separate several by commas, or give the option again"
_STRATEGY_HELP = "; ".join(
    f"of {title}: {', '.join(library.strategies)}" for title, library in LIBRARIES.items()
)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn errors of what the user passed into a message and the exit status 2."""
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError) as error:
        raise typer.BadParameter(_printable(str(error))) from error
    except (FolderInUseError, WorkerKilledError) as error:
        _say(f"Error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _printable(text: str) -> str:
    """Escape what no output takes: the name of a file may hold any bytes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _say(text: str, **arguments: Any) -> None:
    print(_printable(text), flush=True, **arguments)


def _key_value(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise typer.BadParameter(f"--vaal {text!r} must have the form KEY=VALUE")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are no reason to stop
            return key, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return key, value  # a word, such as device=cuda


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="show the version and end")] = False,
) -> None:
    """Choose which samples to label next, and compare ways to choose."""
    if show:
        print(f"skvaal {__version__}")
        raise typer.Exit


@app.command()
@_usage_errors()
def benchmark(
    data: Annotated[
        list[str],
        typer.Option(
            help=f"data sets: {', '.join(DATASETS)}, openml:NAME, a .npz file with X and y, or a "
            f"folder with a folder of images for each class{_HOW_TO_NAME_SEVERAL}"
        ),
    ] = ["digits"],  # noqa: B006 (typer reads it, nothing changes it)
    strategies: Annotated[
        list[str],
        typer.Option(
            help=f"query strategies: {_STRATEGY_HELP}; {ALL}: all that the task model can serve, "
            f"except {', '.join(sorted(ONLY_BY_NAME))}{_HOW_TO_NAME_SEVERAL}"
        ),
    ] = _DEFAULT_NAMES,
    estimator: Annotated[
        str, typer.Option(help=f"task model: {', '.join(ESTIMATORS)}")
    ] = "random_forest",
    protocols: Annotated[
        list[str], typer.Option(help=f"protocols: {', '.join(PROTOCOLS)}{_HOW_TO_NAME_SEVERAL}")
    ] = ["standard"],  # noqa: B006
    seeds: Annotated[int, typer.Option(help="paired repetitions")] = _PLAN.n_seeds,
    rounds: Annotated[int, typer.Option(help="queries in each repetition")] = _PLAN.rounds,
    batch: Annotated[int, typer.Option(help="samples labelled in each round")] = _PLAN.batch,
    initial: Annotated[int, typer.Option(help="samples labelled at the start")] = _PLAN.initial,
    pool_size: Annotated[
        int | None,
        typer.Option(help="samples that may be labelled, drawn anew for each seed  [default: all]"),
    ] = None,
    vaal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="parameter of vaal, vaal_herding, their ablations and VAAL's variants, such as "
            "max_epochs=20 or vae__latent_dim=16; may be given several times",
        ),
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(help="side of the images that are read from files  [default: of the data]"),
    ] = None,
    max_pixels: Annotated[
        int | None,
        typer.Option(help="pixels that an image file may have  [default: 50 million]"),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="leave out images that cannot be read")
    ] = False,
    jobs: Annotated[
        int, typer.Option(help="processes that share the runs; -1: one for each core")
    ] = 2,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="dask scheduler of a cluster that shares the runs"),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            help="folder of the records and the report; complete runs are kept there, after a stop "
            "or when more seeds or strategies join"
        ),
    ] = Path("results"),
    quiet: Annotated[bool, typer.Option("--quiet", help="show no progress bar")] = False,
) -> None:
    """Compare query strategies in modAL's ActiveLearner, and write records and a report.

    Each finished round is written at once. After a stop, the same command plays only the runs
    that are not complete; with more strategies or seeds, it plays those. The exit status is 1 if a
    strategy failed; the others are compared all the same.
    """
    plan = Plan(n_seeds=seeds, rounds=rounds, batch=batch, initial=initial, pool_size=pool_size)
    factories = get_strategies(
        _words(strategies), vaal_params=dict(map(_key_value, vaal or [])), estimator=estimator
    )
    if vaal and all(vaal_params_of(factory) is None for factory in factories.values()):
        raise ValueError(
            f"--vaal {vaal[0]} is for the strategies 'vaal', 'vaal_herding' and VAAL's variants; "
            f"none of them is among {', '.join(factories)}."
        )
    datasets = [
        load_dataset(name, skip_bad=skip_bad, image_size=image_size, max_pixels=max_pixels)
        for name in _words(data)
    ]
    chosen = get_protocols(_words(protocols))
    arguments: dict[str, Any] = {"estimator": estimator, "plan": plan, "protocols": chosen}
    check(datasets, factories, n_jobs=jobs, **arguments)
    bar = tqdm(unit="round", disable=quiet, desc="comparison")
    with bar, _cluster(dask), _interrupts(out):
        results = _run(
            datasets,
            factories,
            n_jobs=None if dask else jobs,
            out=out,
            on_record=_advance(bar),
            command=shlex.join(["skvaal", *sys.argv[1:]]),
            **arguments,
        )
    _print_tables(results)
    page = write_report([results], out)
    _say(f"\nReport: {page}\nRecords: {out / 'records.parquet'}")
    _exit_if_failed([results])


@app.command()
@_usage_errors()
def report(
    folder: Annotated[
        Path, typer.Argument(help="folder of a comparison, or of folders of comparisons")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="folder of the page, the pictures and the tables  [default: FOLDER]"),
    ] = None,
) -> None:
    """Write report.html, one page that needs no other file, from the records of comparisons."""
    results = find_results(folder)
    _say(f"Report: {write_report(results, out or folder)}")
    _exit_if_failed(results)


def _run(*args: Any, **arguments: Any) -> Results:
    """Run a comparison, and go on to its report whatever failed; failures are printed there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FailedStrategyWarning)
        try:
            return run(*args, **arguments)
        except EveryRunFailedError as error:
            return error.results


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    if address is None:
        yield
        return
    if "://" not in address and not re.search(r":\d+$", address):
        raise ValueError(f"--dask={address!r} must be the address of a scheduler, HOST:PORT")
    from distributed import Client  # an ImportError says what to install

    with Client(address, timeout="10s"), parallel_config(backend="dask"):
        yield


@contextmanager
def _interrupts(out: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        _say(
            f"\nStopped. The same command goes on with the complete runs in {out}.", file=sys.stderr
        )
        raise typer.Exit(130) from error


def _advance(bar: Any) -> Any:
    def advance(record: Any, n_done: int, n_rounds: int) -> None:
        if bar.total is None:
            bar.total = n_rounds
            bar.initial = bar.n = n_done - 1  # an earlier start's rounds took no time of this one
        bar.update(n_done - bar.n)

    return advance


def _words(texts: list[str]) -> list[str]:
    """Split at commas, but not inside the name of a file or folder."""
    parts = [[text] if text and os.path.exists(text) else text.split(",") for text in texts]
    return [word.strip() for words in parts for word in words if word.strip()]


def _print_tables(results: Results) -> None:
    for _, records in cases(with_plan(results.records, results.config)):
        if len(records):
            data, protocol = records[["data", "protocol"]].iloc[0]
            heading = results.config["headings"][data][protocol]
            _say(format_table(records, summarize(records), heading=heading) + "\n")


def _exit_if_failed(results: Sequence[Results]) -> None:
    notes = [note for one in results for note in failure_notes(one)]
    for failure in (failure for one in results for failure in one.failures):
        where = "{data}, {protocol}, {strategy}, seed {seed}, round {round}".format(**failure)
        _say(f"failed: {where}: {failure['error']}", file=sys.stderr)
    for note in notes:
        _say(f"Error: {note}", file=sys.stderr)
    if notes:
        raise typer.Exit(1)
