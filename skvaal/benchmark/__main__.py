"""Command line of the comparison: ``python -m skvaal.benchmark``."""

import argparse
import ast
import sys
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from skvaal.benchmark.datasets import DATASETS, Dataset, load_dataset
from skvaal.benchmark.estimators import ESTIMATORS, get_estimator
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.report import ReportFiles, write_report
from skvaal.benchmark.runner import Record, run
from skvaal.benchmark.strategies import ALL, DEFAULT_STRATEGIES, LIBRARIES, get_strategies


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark that the arguments name; the comparison by default.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments of the command line, without the program; None takes those of the process.

    Returns
    -------
    int
        0, the exit status.

    Raises
    ------
    SystemExit
        With status 2 and a message if an argument cannot be used.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["speed"]:
        from skvaal.benchmark.speed import main as speed

        return speed(words[1:])
    return compare(words[1:] if words[:1] == ["compare"] else words)


def compare(argv: Sequence[str]) -> int:
    """Compare query strategies, print the table and write the files.

    Parameters
    ----------
    argv : sequence of str
        Arguments of the command line, see ``python -m skvaal.benchmark --help``.

    Returns
    -------
    int
        0, the exit status.

    Raises
    ------
    SystemExit
        With status 2 and a message if an argument cannot be used.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    plan = Plan(
        n_seeds=args.seeds,
        rounds=args.rounds,
        batch=args.batch,
        initial=args.initial,
        pool_size=args.pool_size,
    )
    try:
        dataset = load_dataset(args.data)
        make_estimator = get_estimator(args.estimator)
        plan.check(dataset)
        if args.jobs == 0:
            raise ValueError("jobs=0 leaves nobody to work; use 1 or more, or -1 for all.")
        strategies = get_strategies(args.strategies, vaal_params=dict(args.vaal))
    except (ValueError, FileNotFoundError, ImportError) as error:
        parser.error(str(error))
    n_runs, n_rounds = plan.n_seeds * len(strategies), plan.rounds + 1
    bar = tqdm(
        desc=f"0 of {n_runs} runs", total=n_runs * n_rounds, unit="round", disable=args.quiet
    )
    with bar:

        def advance(record: Record) -> None:
            bar.update()
            bar.set_description(f"{bar.n // n_rounds} of {n_runs} runs")

        records = run(
            dataset,
            strategies,
            make_estimator=make_estimator,
            plan=plan,
            n_jobs=args.jobs,
            on_record=advance,
        )
    files = ReportFiles.inside(args.out, name=dataset.name)
    print(write_report(records, files, heading=_heading(dataset, plan, args.estimator)))
    print("\nWritten: " + ", ".join(str(path) for path in vars(files).values()))
    return 0


def _parser() -> argparse.ArgumentParser:
    default = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m skvaal.benchmark",
        usage="%(prog)s [compare] [options]\n       %(prog)s speed [options]",
        description="Compare query strategies in modAL's ActiveLearner (compare, the default), "
        "or measure the speed of VAAL (speed).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", default="digits", help=f"data set: {', '.join(DATASETS)}")
    add(
        "--strategies",
        nargs="+",
        default=list(DEFAULT_STRATEGIES),
        metavar="NAME",
        help=f"query strategies: {_strategies_by_library()}; {ALL}: every one that is installed",
    )
    add("--estimator", default="random_forest", help=f"task model: {', '.join(ESTIMATORS)}")
    add("--seeds", type=int, default=default.n_seeds, help="paired repetitions")
    add("--rounds", type=int, default=default.rounds, help="queries in each repetition")
    add("--batch", type=int, default=default.batch, help="samples labelled in each round")
    add("--initial", type=int, default=default.initial, help="samples labelled at the start")
    add(
        "--pool-size",
        type=int,
        help="samples that may be labelled, drawn anew for each seed; None: all",
    )
    add(
        "--vaal",
        nargs="+",
        type=_key_value,
        default=[],
        metavar="KEY=VALUE",
        help="parameters of VAALQuery, such as max_epochs=20 vae__latent_dim=16",
    )
    add("--jobs", type=int, default=2, help="processes that share the runs, -1: one a core")
    add("--out", default="results", help="folder of the CSV file, the table and the picture")
    add("--quiet", action="store_true", help="show no progress bar")
    return parser


def _strategies_by_library() -> str:
    return "; ".join(
        f"of {title}: {', '.join(library.strategies)}" for title, library in LIBRARIES.items()
    )


def _key_value(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise argparse.ArgumentTypeError(f"{text!r} must have the form KEY=VALUE")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value  # a word, such as device=cuda


def _heading(dataset: Dataset, plan: Plan, estimator: str) -> str:
    seeds = "1 seed" if plan.n_seeds == 1 else f"{plan.n_seeds} paired seeds"
    available = plan.n_available(dataset)
    n_test = len(dataset.y) - available if dataset.y_test is None else len(dataset.y_test)
    return (
        f"{dataset.name}: pool of {plan.pool_size or available:,}, {n_test:,} for testing; "
        f"{estimator.replace('_', ' ')}; {seeds}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
