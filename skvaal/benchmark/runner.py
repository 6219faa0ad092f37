"""The comparison: every strategy from the same start, for several seeds, in parallel or not."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.base import ClassifierMixin

from skvaal.benchmark._lookup import path_of
from skvaal.benchmark.checks import check
from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.description import heading_of, settings_of
from skvaal.benchmark.estimators import EstimatorFactory, get_estimator, seeded
from skvaal.benchmark.exhibits import Exhibit, make_exhibit
from skvaal.benchmark.failing import tell_failures
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.journal import Failure, Record, RunKey
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.results import Results, as_frame
from skvaal.benchmark.rounds import Outcome, import_learner_class, play, play_on_one_thread
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.strategies import StrategyFactory, as_factories


class WorkerKilledError(RuntimeError):
    """The system killed a process that played runs.

    Examples
    --------
    >>> issubclass(WorkerKilledError, RuntimeError)
    True
    """


_STANDARD = (Protocol(),)

OnRecord = Callable[[Record, int, int], None]


def run(
    datasets: Dataset | Sequence[Dataset],
    strategies: Mapping[str, Any],
    *,
    estimator: str | ClassifierMixin | EstimatorFactory = "random_forest",
    plan: Plan | None = None,
    protocols: Protocol | Sequence[Protocol] = _STANDARD,
    n_jobs: int | None = None,
    out: str | Path | None = None,
    on_record: OnRecord | None = None,
    command: str | None = None,
    case: str | None = None,
) -> Results:
    """Play the labelling rounds of every strategy, with the true classes as the oracle.

    The repetitions are paired: for one seed every strategy has the same test split, the same
    pool, the same labelled samples at the start, the same oracle and a task model with the same
    random state. An error in a strategy or in the task model ends that one run; it is recorded
    and the others go on. A warning at the end names each strategy that failed.

    Parameters
    ----------
    datasets : Dataset or sequence of Dataset
        The data to label.
    strategies : mapping of str to object
        Strategies by name, see :func:`skvaal.benchmark.get_strategies`. Each is one of these:

        - a factory: it can be called with one argument, a random state (int), and returns
          ``strategy(learner, X_pool, n_instances)``;
        - a :class:`skvaal.VAALQuery`, a :class:`skvaal.HerdingQuery` or another callable object
          with ``get_params``: it is cloned for each run, and every ``random_state`` of it, nested
          ones too, is set anew;
        - a :class:`skvaal.VAALQueryStrategy`, a :class:`skvaal.HerdingQueryStrategy` or a Pipeline
          that ends in one: its query is taken;
        - a function that is a strategy itself, as modAL's ``margin_sampling`` is. It needs two
          arguments and `n_instances`, by which it is told from a factory, and returns indices, or
          a pair of indices and scores. While it runs, numpy's global generator is seeded for it.
    estimator : str, classifier or callable, default="random_forest"
        The task model: a name for :func:`skvaal.benchmark.get_estimator`, an unfitted
        classifier, which is cloned and given a random state, or what takes a random state and
        returns an unfitted classifier.
    plan : Plan or None, default=None
        Sizes and repetitions; None takes the defaults of `Plan`.
    protocols : Protocol or sequence of Protocol, default=(Protocol(),)
        What the strategies are up against, one after the other.
    n_jobs : int or None, default=None
        Runs (one strategy with one seed each) at a time, each in a process and on one thread
        of its own; -1 takes as many as there are processors. None takes what
        ``joblib.parallel_config`` says, 1 if nothing, so that a ``with
        parallel_config(backend="dask")`` spreads the runs over a cluster. 1 stays in this
        process, with torch's number of threads, which changes the last digits of a training
        and so, at times, a choice.
    out : path or None, default=None
        Folder to keep the comparison in; workers on other machines must see it, too. Each
        finished round is written at once. If the folder holds a part of the same comparison,
        or the same with fewer seeds, its complete runs stay. The others are played from their
        start, those that had failed among them. Strategies may join those that are there; the
        ones that are there and not named now stay as they are. An own strategy or task model must
        have the parameters that it has there, and a function of your own the same code and values.
    on_record : callable or None, default=None
        Called as ``on_record(record, n_done, n_rounds)`` with each new record, the number of
        rounds done and that of all, for a progress bar: at once, or in other processes when
        its run has ended.
    command : str or None, default=None
        The command line that asked for it, for the report.
    case : str or None, default=None
        The name of the case, for the report; see :func:`skvaal.benchmark.get_cases`. It stands for
        one data set under one protocol.

    Returns
    -------
    Results
        Its records have one row for each data set, protocol, seed, strategy and round, in that
        order, the start being round 0: data, estimator, protocol, strategy, seed, round,
        n_labeled, accuracy and balanced_accuracy (on the test split, in [0, 1]), train_seconds
        (the fit on those labels), query_seconds (the query that chose the last batch of them;
        nan in round 0) and its parts query_fit_seconds, query_score_seconds and
        query_select_seconds (nan where the strategy does not tell), peak_memory_mib (of the
        process, in that round) and picked (the chosen samples as indices into the data; None in
        round 0). With `out`, all strategies of the folder have records.

    Warns
    -----
    FailedStrategyWarning
        At the end, for each strategy that failed: in how many runs, and the first error.

    Raises
    ------
    EveryRunFailedError
        If every run failed, at the end; it names the first error, and holds the results.
    TypeError
        If an argument is nothing of the kind, such as a strategy that is a class.
    ValueError
        If there is no strategy, `n_jobs` is 0, `case` is the name of several, the plan cannot be
        carried out, VAAL cannot be trained with its parameters, or `out` holds a comparison with
        other settings or a damaged file; before any training.
    FolderInUseError
        If another process works in `out`.
    WorkerKilledError
        If the system killed a process that played runs.
    ImportError
        If modAL is not installed.

    Examples
    --------
    >>> from skvaal.benchmark import get_strategies, load_dataset
    >>> results = run(
    ...     load_dataset("digits"),
    ...     get_strategies(["random"]),
    ...     estimator="logistic_regression",
    ...     plan=Plan(n_seeds=1, rounds=2, batch=20),
    ... )
    >>> results.records["n_labeled"].tolist()
    [20, 40, 60]
    """
    datasets = [datasets] if isinstance(datasets, Dataset) else datasets
    protocols = [protocols] if isinstance(protocols, Protocol) else protocols
    plan = Plan() if plan is None else plan
    check(datasets, strategies, estimator=estimator, plan=plan, protocols=protocols, n_jobs=n_jobs)
    if case is not None:
        _check_case(case, n_cases=len(datasets) * len(protocols))
    if on_record is not None and not callable(on_record):
        raise TypeError(f"on_record={on_record!r} must be a function, or None.")
    out = None if out is None else path_of(out, argument="out")
    factories = as_factories(strategies)
    import_learner_class()  # or the failure would come from another process, less readable
    name, make_estimator = _named_factory(estimator)
    own_estimator = None if isinstance(estimator, str) else estimator
    settings = settings_of(
        datasets, factories, name, plan, protocols, own_estimator=own_estimator, case=case
    )
    headings = {
        dataset.name: {one.name: heading_of(dataset, plan, one, name) for one in protocols}
        for dataset in datasets
    }
    folder = None if out is None else ResultsFolder(out.absolute())
    tasks = [
        _Task(
            dataset,
            plan.under(protocol),
            protocol,
            RunKey(
                data=dataset.name,
                estimator=name,
                protocol=protocol.name,
                strategy=strategy,
                seed=seed,
            ),
            factories[strategy],
            make_estimator,
            None if folder is None else folder.journals,
        )
        for dataset, protocol, seed, strategy in product(
            datasets, protocols, range(plan.n_seeds), factories
        )
    ]
    if folder is None:
        records, failures = _play_all(tasks, None, n_jobs, on_record)
        config: dict[str, Any] = {"settings": settings, "headings": headings}
        config |= {"command": command, "sessions": []}
        results = Results(records=records, failures=failures, config=config)
    else:
        with folder.locked():
            folder.open(settings, headings=headings, command=command)
            records, failures = _play_all(tasks, folder, n_jobs, on_record)
            folder.write(records, failures)
            _write_exhibits(folder, tasks, records)
        config = folder.read_config()
        results = Results(records=records, failures=failures, config=config, folder=folder.path)
    tell_failures(results)
    return results


def _check_case(case: Any, *, n_cases: int) -> None:
    if not isinstance(case, str):
        raise TypeError(f"case={case!r} must be a name, or None.")
    if not case.strip() or n_cases > 1:
        raise ValueError(f"case={case!r} must name one data set under one protocol.")


def _named_factory(estimator: Any) -> tuple[str, EstimatorFactory]:
    if isinstance(estimator, str):
        return estimator, get_estimator(estimator)
    if hasattr(estimator, "fit"):
        return type(estimator).__name__, partial(seeded, estimator)
    return getattr(estimator, "__name__", type(estimator).__name__), estimator


class _Task(NamedTuple):
    """What `play` takes; not one argument, for a cluster sends each large argument only once."""

    dataset: Dataset
    plan: Plan
    protocol: Protocol
    key: RunKey
    make_strategy: StrategyFactory
    make_estimator: EstimatorFactory
    journals: Path | None

    @property
    def n_rounds(self) -> int:
        return self.plan.rounds + 1


def _play_all(
    tasks: Sequence[_Task],
    folder: ResultsFolder | None,
    n_jobs: int | None,
    on_record: OnRecord | None,
) -> tuple[pd.DataFrame, list[Failure]]:
    keys = [task.key for task in tasks]
    ended: dict[RunKey, list[Record]] = {}
    failures: dict[RunKey, Failure] = {}
    if folder is not None:
        ended = folder.ended_runs()
        kept, failures = _other_runs(folder, tasks)
        ended |= kept
        keys = _in_order(folder, keys)
    left = [task for task in tasks if len(ended.get(task.key, ())) < task.n_rounds]
    n_rounds = sum(task.n_rounds for task in tasks)
    n_done = n_rounds - sum(task.n_rounds for task in left)

    def count(record: Record) -> None:
        nonlocal n_done
        n_done += 1
        if on_record is not None:
            on_record(record, n_done, n_rounds)

    rounds_of = {task.key: task.n_rounds for task in left}
    for outcome in _outcomes(left, n_jobs, count):
        ended[outcome.key] = outcome.records
        if outcome.failure is not None:
            failures[outcome.key] = outcome.failure
            n_done += rounds_of[outcome.key] - len(outcome.records)  # never to come
    records = [record for key in keys for record in ended.get(key, ())]
    return as_frame(records), [failures[key] for key in keys if key in failures]


def _other_runs(
    folder: ResultsFolder, tasks: Sequence[_Task]
) -> tuple[dict[RunKey, list[Record]], dict[RunKey, Failure]]:
    """Records and failures of the folder's strategies that are not played now."""
    played = {task.key for task in tasks}
    before = folder.read()
    records: dict[RunKey, list[Record]] = {}
    for record in before.records.to_dict("records"):
        if (key := RunKey.of(record)) not in played:
            records.setdefault(key, []).append(record)
    failures = {RunKey.of(failure): failure for failure in before.failures}
    return records, {key: failures[key] for key in failures if key not in played}


def _in_order(folder: ResultsFolder, keys: Sequence[RunKey]) -> list[RunKey]:
    """All runs of the folder: by data set, protocol and seed as they are played, and strategy."""
    strategies = folder.read_config()["settings"]["strategies"]
    cases = dict.fromkeys(replace(key, strategy="") for key in keys)
    return [replace(case, strategy=strategy) for case in cases for strategy in strategies]


def _outcomes(
    tasks: Sequence[_Task], n_jobs: int | None, on_record: Callable[[Record], None]
) -> Iterator[Outcome]:
    if n_jobs is not None:
        n_jobs = min(n_jobs, len(tasks) or 1)  # each process is started, even if it has no run
    if effective_n_jobs(n_jobs) == 1:
        for task in tasks:
            yield play(*task, on_record=on_record)
        return
    # batch_size=1: runs differ in length by a factor of a hundred, so two long ones must not
    # end up in one batch.
    parallel = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    try:
        for outcome in parallel(delayed(play_on_one_thread)(*task) for task in tasks):
            yield outcome  # first, so that rounds which a failure has cost are counted by then
            for record in outcome.records:
                on_record(record)
    except _deaths() as error:
        raise WorkerKilledError(
            "the system killed a process that played runs, most often because memory ran out; "
            "take fewer processes (n_jobs), a smaller pool or other strategies. Kept in a folder, "
            "the comparison goes on from the runs that are complete."
        ) from error


def _deaths() -> tuple[type[BaseException], ...]:
    """What joblib raises when a process dies: its own, or one of a dask cluster."""
    # A cluster cancels the runs whose data were on the machine that is gone.
    found = (TerminatedWorkerError, CancelledError)
    distributed = sys.modules.get("distributed")
    return found if distributed is None else (*found, distributed.KilledWorker)


def _write_exhibits(folder: ResultsFolder, tasks: Sequence[_Task], records: pd.DataFrame) -> None:
    """Show what the strategies picked first, in the repetition of seed 0."""
    first = records[(records["seed"] == 0) & (records["round"] == 1)]
    for dataset, plan, protocol in {
        (task.key.data, task.key.protocol): task[:3] for task in tasks
    }.values():
        of_case = first[(first["data"] == dataset.name) & (first["protocol"] == protocol.name)]
        path = folder.exhibit(dataset.name, protocol.name)
        picks = dict(zip(of_case["strategy"], of_case["picked"], strict=True))
        if picks and _shown_in(path) != list(picks):
            start = draw_start(dataset, plan, protocol, seed=0)
            path.parent.mkdir(exist_ok=True)
            exhibit = make_exhibit(
                dataset, picks, pool=start.pool, labeled=start.pool[start.labeled]
            )
            exhibit.save(path)


def _shown_in(path: Path) -> list[str]:
    try:
        return list(Exhibit.load(path).picks) if path.exists() else []
    except ValueError:  # damaged: made anew
        return []
