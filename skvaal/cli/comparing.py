"""What the commands of comparisons do; the benchmark's libraries are imported here."""

from __future__ import annotations

import ast
import os
import re
import shlex
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer
from joblib import parallel_config
from tqdm import tqdm

from skvaal.benchmark._lookup import lookup
from skvaal.benchmark.cases import get_cases
from skvaal.benchmark.checks import check
from skvaal.benchmark.datasets import Dataset, load_dataset
from skvaal.benchmark.failing import EveryRunFailedError, FailedStrategyWarning, failure_notes
from skvaal.benchmark.folder import FolderInUseError, ResultsFolder, find_results
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.report import check_against, format_table, write_report
from skvaal.benchmark.results import Results
from skvaal.benchmark.runner import WorkerKilledError, run
from skvaal.benchmark.statistics import cases, with_plan
from skvaal.benchmark.strategies import StrategyFactory, get_strategies, vaal_params_of
from skvaal.benchmark.summary import summarize
from skvaal.cli.printing import fail, say, say_in_one_line


@dataclass(frozen=True)
class Ask:
    """What the command line asks for beside the cases.

    Parameters
    ----------
    strategies : list of str
        Names, several of which a comma may join.
    vaal : list of str
        Parameters of VAAL, KEY=VALUE.
    jobs : int
        Number of processes.
    dask : str or None
        Address of a scheduler.
    against : str or None
        Strategy that the others are compared with.
    """

    strategies: list[str]
    vaal: list[str]
    jobs: int
    dask: str | None
    against: str | None

    def factories(self, estimator: str) -> dict[str, StrategyFactory]:
        """Return the strategies that a task model can serve."""
        factories = get_strategies(
            _words(self.strategies),
            vaal_params=key_values(self.vaal),
            estimator=estimator,
        )
        if self.vaal and all(vaal_params_of(each) is None for each in factories.values()):
            raise ValueError(
                f"--vaal {self.vaal[0]} is for the strategies 'vaal', 'vaal_herding' and VAAL's "
                f"variants; none of them is among {', '.join(factories)}."
            )
        return factories

    def check_against(self, strategies: Iterable[str]) -> None:
        """Raise unless the strategy to compare with is one of these, if there are any."""
        names = dict.fromkeys(strategies)
        if self.against is not None and names:
            lookup(names, self.against, argument="against")


@dataclass(frozen=True)
class Sizes:
    """A comparison's data, task model, protocols and sizes, as the command line names them.

    Parameters
    ----------
    data, protocols : list of str
        Names, several of which a comma may join.
    estimator : str
        Task model.
    plan : Plan
        How much is labelled, how often.
    reading : dict
        How images are read.
    """

    data: list[str]
    protocols: list[str]
    estimator: str
    plan: Plan
    reading: dict[str, Any]


def play(sizes: Sizes, ask: Ask, *, out: Path, quiet: bool) -> None:
    """Check all, run what is not complete, print tables, and write the report."""
    factories = ask.factories(sizes.estimator)
    if not (out / "config.json").exists() and next(out.glob("*/config.json"), None):
        raise ValueError(
            f"--out {out} holds folders of cases, or of other comparisons; name another folder."
        )
    datasets = [load_dataset(name, **sizes.reading) for name in _words(sizes.data)]
    arguments: dict[str, Any] = {
        "estimator": sizes.estimator,
        "plan": sizes.plan,
        "protocols": get_protocols(_words(sizes.protocols)),
    }
    check(datasets, factories, n_jobs=ask.jobs, **arguments)
    ask.check_against([*factories, *_strategies_in(out)])
    results = _play(datasets, factories, ask, out=out, stopped=out, quiet=quiet, **arguments)
    _show([results], [results], out, ask.against)


def play_cases(names: list[str], ask: Ask, *, n_seeds: int | None, out: Path, quiet: bool) -> None:
    """Play named cases one after the other, each in a folder of its own, and report on them all."""
    found = get_cases(_words(names))
    if not found:
        raise ValueError("--case names no case; `skvaal benchmark --cases` lists them.")
    if (out / "config.json").exists():
        raise ValueError(
            f"--out {out} holds a comparison, and no folder for each case; name another folder."
        )
    load = cache(load_dataset)
    tasks = []
    for case in found:
        case = case if n_seeds is None else case.with_seeds(n_seeds)
        arguments: dict[str, Any] = {
            "estimator": case.estimator,
            "plan": case.plan,
            "protocols": [case.protocol],
        }
        factories = ask.factories(case.estimator)
        check([load(case.data)], factories, n_jobs=ask.jobs, **arguments)
        ask.check_against([*factories, *_strategies_in(out / case.name)])
        tasks.append((case, factories, arguments))
    played = [
        _play(
            [load(case.data)], factories, ask,
            out=out / case.name, stopped=out, quiet=quiet, case=case.name, **arguments,
        )
        for case, factories, arguments in tasks
    ]  # fmt: skip
    _show(find_results(out), played, out, ask.against)


def report_on(folder: Path, out: Path, against: str | None) -> None:
    """Write the report of stored comparisons."""
    with _in_use():
        results = find_results(folder)
        check_against(results, against)
        say(f"Report: {write_report(results, out, against=against)}")
    _exit_if_failed(results)


def key_values(texts: Iterable[str]) -> dict[str, Any]:
    """Split each KEY=VALUE; a key with two values is an error."""
    found: dict[str, Any] = {}
    for text in texts:
        key, value = key_value(text)
        if key in found:
            raise ValueError(f"--vaal gives {key} twice, {found[key]!r} and {value!r}; keep one")
        found[key] = value
    return found


def key_value(text: str) -> tuple[str, Any]:
    """Split KEY=VALUE; a value of Python becomes one, other words stay words."""
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise ValueError(f"--vaal {text!r} must have the form KEY=VALUE")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are no reason to stop
            return key, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return key, value  # a word, such as device=cuda


def _strategies_in(folder: Path) -> list[str]:
    """Strategies of the comparison that goes on, if one is there."""
    there = ResultsFolder(folder)
    if not there.config.exists():
        return []
    strategies: list[str] = there.read_config()["settings"]["strategies"]
    return strategies


def _play(
    datasets: Sequence[Dataset],
    factories: dict[str, StrategyFactory],
    ask: Ask,
    *,
    out: Path,
    stopped: Path,
    quiet: bool,
    **arguments: Any,
) -> Results:
    bar = tqdm(unit="round", disable=quiet, desc=arguments.get("case", "comparison"))
    with bar, _cluster(ask.dask), _interrupts(stopped), _in_use():
        return _run(
            datasets,
            factories,
            n_jobs=None if ask.dask else ask.jobs,
            out=out,
            on_record=_advance(bar),
            command=shlex.join(["skvaal", *sys.argv[1:]]),
            **arguments,
        )


def _run(*args: Any, **arguments: Any) -> Results:
    """Run a comparison, and go on to its report whatever failed; failures are printed there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FailedStrategyWarning)
        try:
            return run(*args, **arguments)
        except EveryRunFailedError as error:
            return error.results


def _show(
    reported: Sequence[Results], played: Sequence[Results], out: Path, against: str | None
) -> None:
    """Write the report, print the tables of what was played, and end with 1 if a run failed."""
    page = write_report(reported, out, against=against)  # whatever becomes of the output
    for results in played:
        _print_tables(results)
    say(f"\nReport: {page}")
    for results in played:
        say(f"Records: {(results.folder or out) / 'records.parquet'}")
    _exit_if_failed(played)


@contextmanager
def _in_use() -> Iterator[None]:
    """End with the status 1 where nothing is wrong with what the user passed."""
    try:
        yield
    except (FolderInUseError, WorkerKilledError) as error:
        fail(str(error), 1)


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
        say(
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
            say(format_table(records, summarize(records), heading=heading) + "\n")


def _exit_if_failed(results: Sequence[Results]) -> None:
    notes = [note for one in results for note in failure_notes(one)]
    for failure in (failure for one in results for failure in one.failures):
        where = "{data}, {protocol}, {strategy}, seed {seed}, round {round}".format(**failure)
        say_in_one_line(f"failed: {where}: {failure['error']}", file=sys.stderr)
    for note in notes:
        say_in_one_line(f"Error: {note}", file=sys.stderr)
    if notes:
        raise typer.Exit(1)
