"""The labelling rounds of one run: one strategy, one seed, in modAL's ``ActiveLearner``."""

import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, recall_score
from threadpoolctl import threadpool_limits

from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.estimators import EstimatorFactory
from skvaal.benchmark.journal import Failure, Journal, Record, RunKey
from skvaal.benchmark.machine import peak_memory_mib, reset_peak_memory
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.strategies import CalledOnce, Strategy, StrategyFactory


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a run.

    Parameters
    ----------
    key : RunKey
        Which run.
    records : list of dict
        One for each finished round.
    failure : dict or None
        The error that stopped it.

    Examples
    --------
    >>> key = RunKey(data="digits", estimator="svm", protocol="standard", strategy="vaal", seed=3)
    >>> Outcome(key=key, records=[], failure=None).key.seed
    3
    """

    key: RunKey
    records: list[Record]
    failure: Failure | None


def play(
    dataset: Dataset,
    plan: Plan,
    protocol: Protocol,
    key: RunKey,
    make_strategy: StrategyFactory,
    make_estimator: EstimatorFactory,
    journals: Path | None,
    *,
    on_record: Callable[[Record], None] | None = None,
) -> Outcome:
    """Play the rounds of one run, from its start.

    Parameters
    ----------
    dataset : Dataset
        The data to label.
    plan : Plan
        Sizes, with the batch of the protocol.
    protocol : Protocol
        What the strategy is up against.
    key : RunKey
        Names of all of these.
    make_strategy, make_estimator : callable
        Take a random state.
    journals : Path or None
        Folder in which each round is written when it is finished. The rounds replace those that
        an earlier, unfinished play of the same run left there.
    on_record : callable or None, default=None
        Called with each record.

    Returns
    -------
    Outcome
        With the rounds up to an error of the data, the strategy or the task model, if there was
        one.

    Raises
    ------
    OSError
        If a journal cannot be written, as on a full disk; whatever `on_record` raises is raised,
        too, and what no program should catch, such as an interrupt from the keyboard.

    Examples
    --------
    >>> from skvaal.benchmark import get_estimator, get_strategies, load_dataset
    >>> key = RunKey(data="digits", estimator="svm", protocol="standard", strategy="random", seed=0)
    >>> outcome = play(
    ...     load_dataset("digits"),
    ...     Plan(rounds=1),
    ...     Protocol(),
    ...     key,
    ...     get_strategies(["random"])["random"],
    ...     get_estimator("svm"),
    ...     None,
    ... )
    >>> [record["n_labeled"] for record in outcome.records]
    [20, 60]
    """
    journal = None if journals is None else Journal(journals, key)
    records: list[Record] = []
    failure: Failure | None = None

    def rounds() -> Iterator[Record]:
        nonlocal failure
        try:
            yield from _Run(dataset, plan, protocol, key, make_strategy, make_estimator).rounds()
        except Exception as error:
            failure = asdict(key) | {
                "round": len(records),
                "error": f"{type(error).__name__}: {error}",
                "traceback": "".join(traceback.format_exception(error)),
            }

    for record in rounds():
        records.append(record)
        # An error of these two is none of the strategy's.
        if journal is not None:
            journal.write(records, is_complete=len(records) > plan.rounds)
        if on_record is not None:
            on_record(record)
    if journal is not None and failure is not None:
        journal.fail(records, failure)
    return Outcome(key=key, records=records, failure=failure)


def play_on_one_thread(*task: Any) -> Outcome:
    """Play a run as one of many on a machine.

    Parameters
    ----------
    *task
        Arguments of :func:`play`.

    Returns
    -------
    Outcome
        As of :func:`play`.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            return play(*task)
    finally:
        torch.set_num_threads(n_threads)


def import_learner_class() -> Any:
    """Return modAL's learner.

    Returns
    -------
    type
        ``modAL.models.ActiveLearner``.

    Raises
    ------
    ImportError
        If modAL is not installed.
    """
    try:
        from modAL.models import ActiveLearner
    except ModuleNotFoundError as error:
        # A plain install of modAL asks for skorch 0.9.0, which cannot stand beside this one.
        raise ImportError(
            "the comparison runs in modAL: pip install --no-deps modAL-python==0.4.2.1"
        ) from error
    return ActiveLearner


class _Run:
    """The samples, the learner and the strategy of one run."""

    def __init__(
        self,
        dataset: Dataset,
        plan: Plan,
        protocol: Protocol,
        key: RunKey,
        make_strategy: StrategyFactory,
        make_estimator: EstimatorFactory,
    ) -> None:
        self.plan, self.key = plan, key
        self.start = start = draw_start(dataset, plan, protocol, key.seed)
        self.X = dataset.X[start.pool]  # images are decoded here
        test = slice(None) if start.test is None else start.test
        X_test = dataset.X if dataset.X_test is None else dataset.X_test
        y_test = dataset.y if dataset.y_test is None else dataset.y_test
        self.X_test, self.y_test = X_test[test], y_test[test]
        self.make_estimator = make_estimator
        self.strategy = make_strategy(start.strategy_state)

    def rounds(self) -> Iterator[Record]:
        labeled = self.start.labeled
        called_once = CalledOnce(self.key.strategy, self.strategy)
        reset_peak_memory()
        began = perf_counter()
        learner = import_learner_class()(
            estimator=self.make_estimator(self.start.model_state),
            query_strategy=called_once,
            X_training=self.X[labeled],
            y_training=self.start.y[labeled],
        )
        seconds = {"train_seconds": perf_counter() - began}
        yield self._record(learner, 0, seconds, picked=None)
        for round_ in range(1, self.plan.rounds + 1):
            reset_peak_memory()
            unlabeled = np.setdiff1d(np.arange(len(self.X)), labeled)
            X_pool = self.X[unlabeled]
            began = perf_counter()
            chosen, X_chosen = learner.query(X_pool, n_instances=self.plan.batch)
            seconds = _query_seconds(perf_counter() - began, self.strategy)
            picked = unlabeled[chosen]
            began = perf_counter()
            with _modal_warnings_ignored():
                learner.teach(X_chosen, self.start.y[picked])
            seconds["train_seconds"] = perf_counter() - began
            labeled = np.concatenate([labeled, picked])
            yield self._record(learner, round_, seconds, picked=self.start.pool[picked].tolist())

    def _record(
        self, learner: Any, round_: int, seconds: dict[str, float], picked: list[int] | None
    ) -> Record:
        predicted = learner.predict(self.X_test)
        # Not balanced_accuracy_score: it warns where a prediction is a class without a test sample.
        recalls = {"labels": np.unique(self.y_test), "average": "macro", "zero_division": 0}
        return {
            **asdict(self.key),
            "round": round_,
            "n_labeled": self.plan.initial + round_ * self.plan.batch,
            "accuracy": float(accuracy_score(self.y_test, predicted)),
            "balanced_accuracy": float(recall_score(self.y_test, predicted, **recalls)),
            **{name: seconds.get(name, float("nan")) for name in _SECONDS},
            "peak_memory_mib": peak_memory_mib(),
            "picked": picked,
        }


_PARTS = ("fit", "score", "select")
_SECONDS = ("train_seconds", "query_seconds", *(f"query_{part}_seconds" for part in _PARTS))


def _query_seconds(total: float, strategy: Strategy) -> dict[str, float]:
    parts = getattr(strategy, "seconds_", {})
    return {"query_seconds": total} | {f"query_{k}_seconds": parts[k] for k in _PARTS if k in parts}


@contextmanager
def _modal_warnings_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        # modAL 0.4.2.1 calls check_X_y by an argument's old name. Remove when modAL uses
        # ensure_all_finite.
        warnings.filterwarnings("ignore", message="'force_all_finite'", category=FutureWarning)
        yield
