"""The labelling rounds: every strategy from the same start, for several seeds."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from skvaal._selection import draw_with_every_class
from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.estimators import EstimatorFactory
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.strategies import CalledOnce, StrategyFactory

Record = dict[str, Any]
COLUMNS = (
    "data",
    "strategy",
    "seed",
    "round",
    "n_labeled",
    "accuracy",
    "train_seconds",
    "query_seconds",
)


def run(
    dataset: Dataset,
    strategies: Mapping[str, StrategyFactory],
    *,
    make_estimator: EstimatorFactory,
    plan: Plan | None = None,
    n_jobs: int = 1,
    on_record: Callable[[Record], None] | None = None,
) -> pd.DataFrame:
    """Play the labelling rounds of every strategy, with the true classes as the oracle.

    The repetitions are paired: for one seed every strategy has the same test split, the same
    pool, the same labelled samples at the start and a task model with the same random state.

    Parameters
    ----------
    dataset : Dataset
        The data to label.
    strategies : mapping of str to callable
        Factories of the strategies by name, see :func:`skvaal.benchmark.get_strategies`.
    make_estimator : callable
        Takes a random state, returns the task model.
    plan : Plan or None, default=None
        Sizes and repetitions; None takes the defaults of `Plan`.
    n_jobs : int, default=1
        Runs (one strategy with one seed each) at a time, each in a process and on one thread
        of its own; -1 takes as many as there are processors. 1 stays in this process, with
        torch's number of threads, which changes the last digits of VAAL's scores and so, at
        times, its choices.
    on_record : callable or None, default=None
        Called with each record, for a progress bar: at once, or in other processes when its
        run has ended.

    Returns
    -------
    DataFrame
        One row for each strategy, seed and round, the start being round 0: data, strategy,
        seed, round, n_labeled, accuracy (on the test split, in [0, 1]), train_seconds (the fit
        on those labels) and query_seconds (the query that chose the last batch of them; nan in
        round 0).

    Raises
    ------
    ValueError
        If there is no strategy, `n_jobs` is 0 or the plan cannot be carried out; before any
        training.
    ImportError
        If modAL is not installed.

    Examples
    --------
    >>> from skvaal.benchmark import get_estimator, get_strategies, load_dataset
    >>> records = run(
    ...     load_dataset("digits"),
    ...     get_strategies(["random"]),
    ...     make_estimator=get_estimator("logistic_regression"),
    ...     plan=Plan(n_seeds=1, rounds=2, batch=20),
    ... )
    >>> records["n_labeled"].tolist()
    [20, 40, 60]
    """
    plan = plan or Plan()
    if not strategies:
        raise ValueError("strategies is empty; name at least one.")
    if n_jobs == 0:
        raise ValueError("n_jobs=0 leaves nobody to work; use 1 or more, or -1 for all.")
    plan.check(dataset)
    _import_learner_class()  # or the failure would come from another process, less readable
    runs = [
        (dataset, plan, seed, name, make_strategy, make_estimator)
        for seed in range(plan.n_seeds)
        for name, make_strategy in strategies.items()
    ]
    records = []
    for record in _played(runs, n_jobs):
        records.append(record)
        if on_record is not None:
            on_record(record)
    order = list(strategies)
    records.sort(key=lambda one: (one["seed"], order.index(one["strategy"]), one["round"]))
    return pd.DataFrame(records, columns=list(COLUMNS))


def _played(runs: list[tuple[Any, ...]], n_jobs: int) -> Iterator[Record]:
    if n_jobs == 1:
        for one in runs:
            yield from _play(*one)
        return
    # batch_size=1: runs differ in length by a factor of a hundred, so two long ones must not
    # end up in one batch.
    with parallel_config("loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    for records in parallel(delayed(_play_to_the_end)(*one) for one in runs):
        yield from records


def _play_to_the_end(*one: Any) -> list[Record]:
    return list(_play(*one))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Start:
    """What the strategies of one seed have in common."""

    X: NDArray
    y: NDArray
    X_test: NDArray
    y_test: NDArray
    labeled: NDArray  # indices into X and y, (initial,)
    model_state: int
    strategy_state: int

    @classmethod
    def draw(cls, dataset: Dataset, plan: Plan, seed: int) -> "_Start":
        states = [int(state) for state in np.random.SeedSequence(seed).generate_state(4)]
        X, y, X_test, y_test = _split(dataset, plan.test_fraction, states[0])
        rng = np.random.default_rng(states[1])
        if plan.pool_size is not None:
            pool = draw_with_every_class(y, plan.pool_size, rng)
            X, y = X[pool], y[pool]
        return cls(
            X=X,
            y=y,
            X_test=X_test,
            y_test=y_test,
            labeled=draw_with_every_class(y, plan.initial, rng),
            model_state=states[2],
            strategy_state=states[3],
        )


def _play(
    dataset: Dataset,
    plan: Plan,
    seed: int,
    name: str,
    make_strategy: StrategyFactory,
    make_estimator: EstimatorFactory,
) -> Iterator[Record]:
    start = _Start.draw(dataset, plan, seed)
    strategy = CalledOnce(name, make_strategy(start.strategy_state))
    unlabeled = np.setdiff1d(np.arange(len(start.y)), start.labeled)
    n_labeled = plan.initial
    query_seconds = float("nan")
    learner_class = _import_learner_class()
    began = perf_counter()
    learner = learner_class(
        estimator=make_estimator(start.model_state),
        query_strategy=strategy,
        X_training=start.X[start.labeled],
        y_training=start.y[start.labeled],
    )
    train_seconds = perf_counter() - began
    for round_ in range(plan.rounds + 1):
        if round_ > 0:
            X_pool = start.X[unlabeled]
            began = perf_counter()
            chosen, X_chosen = learner.query(X_pool, n_instances=plan.batch)
            query_seconds = perf_counter() - began
            began = perf_counter()
            with _modal_warnings_ignored():
                learner.teach(X_chosen, start.y[unlabeled[chosen]])
            train_seconds = perf_counter() - began
            unlabeled = np.delete(unlabeled, chosen)
            n_labeled += plan.batch
        yield {
            "data": dataset.name,
            "strategy": name,
            "seed": seed,
            "round": round_,
            "n_labeled": n_labeled,
            "accuracy": float(learner.score(start.X_test, start.y_test)),
            "train_seconds": train_seconds,
            "query_seconds": query_seconds,
        }


def _split(
    dataset: Dataset, test_fraction: float, random_state: int
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    if dataset.X_test is not None and dataset.y_test is not None:
        return dataset.X, dataset.y, dataset.X_test, dataset.y_test
    X, X_test, y, y_test = train_test_split(
        dataset.X,
        dataset.y,
        test_size=test_fraction,
        stratify=dataset.y,
        random_state=random_state,
    )
    return X, y, X_test, y_test


def _import_learner_class() -> Any:
    try:
        from modAL.models import ActiveLearner
    except ModuleNotFoundError as error:
        # A plain install of modAL asks for skorch 0.9.0, which cannot stand beside this one.
        raise ImportError(
            "the comparison runs in modAL: pip install --no-deps modAL-python==0.4.2.1"
        ) from error
    return ActiveLearner


@contextmanager
def _modal_warnings_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        # modAL 0.4.2.1 calls check_X_y by an argument's old name. Remove when modAL uses
        # ensure_all_finite.
        warnings.filterwarnings("ignore", message="'force_all_finite'", category=FutureWarning)
        yield
