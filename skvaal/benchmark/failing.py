"""Strategies that fail: what is said of them when a comparison has ended."""

from skvaal._utils.exceptions import warn_user
from skvaal.benchmark.journal import Failure
from skvaal.benchmark.results import Results


class FailedStrategyWarning(UserWarning):
    """Errors stopped runs of a strategy.

    Examples
    --------
    >>> issubclass(FailedStrategyWarning, UserWarning)
    True
    """


class EveryRunFailedError(RuntimeError):
    """Errors stopped every run of a comparison.

    Parameters
    ----------
    message : str
        Names the first cause.
    results : Results
        The records before the errors, and the failures.

    Attributes
    ----------
    results : Results
        The same.

    Examples
    --------
    >>> import pandas as pd
    >>> EveryRunFailedError("all runs failed", Results(records=pd.DataFrame())).results.failures
    []
    """

    def __init__(self, message: str, results: Results) -> None:
        super().__init__(message)
        self.results = results


def tell_failures(results: Results) -> None:
    """Warn of each strategy that failed.

    Parameters
    ----------
    results : Results
        A comparison that has ended.

    Raises
    ------
    EveryRunFailedError
        If every run failed.

    Examples
    --------
    >>> import pandas as pd
    >>> tell_failures(Results(records=pd.DataFrame()))  # no failure: nothing is said
    """
    notes = failure_notes(results)
    if _every_run_failed(results):
        (note,) = notes
        raise EveryRunFailedError(note, results)
    for note in notes:
        warn_user(note, FailedStrategyWarning)


def failure_notes(results: Results) -> list[str]:
    """Say of each strategy that failed how often, and with which error first.

    Parameters
    ----------
    results : Results
        A comparison.

    Returns
    -------
    list of str
        One for each strategy that failed; a single one where every run failed.

    Examples
    --------
    >>> import pandas as pd
    >>> settings = {"data": ["wine"], "protocols": {"standard": {}}, "plan": {"n_seeds": 8}}
    >>> failure = {"data": "wine", "estimator": "svm", "protocol": "standard", "strategy": "mine"}
    >>> failure |= {"seed": 3, "round": 1, "error": "LookupError: own trouble"}
    >>> config = {"settings": settings | {"strategies": ["mine"]}}
    >>> failure_notes(Results(records=pd.DataFrame(), failures=[failure], config=config))
    ["1 of 8 runs of strategy 'mine' failed; the first (wine, standard, seed 3, round 1) with
    LookupError: own trouble"]
    """
    failures = results.failures
    if _every_run_failed(results):
        where = f"{failures[0]['strategy']}, {_place(failures[0])}"
        error = failures[0]["error"]
        return [f"every run failed, {len(failures)} in all; the first ({where}) with {error}"]
    by_strategy: dict[str, list[Failure]] = {}
    for failure in failures:
        by_strategy.setdefault(failure["strategy"], []).append(failure)
    return [
        f"{len(failed)} of {_count_runs(results)} runs of strategy {strategy!r} failed; the first "
        f"({_place(failed[0])}) with {failed[0]['error']}"
        for strategy, failed in by_strategy.items()
    ]


def _every_run_failed(results: Results) -> bool:
    if not results.failures:
        return False
    n_strategies = len(results.config["settings"]["strategies"])
    return len(results.failures) == n_strategies * _count_runs(results)


def _count_runs(results: Results) -> int:
    """Runs of each strategy."""
    settings = results.config["settings"]
    n_seeds: int = settings["plan"]["n_seeds"]
    return len(settings["data"]) * len(settings["protocols"]) * n_seeds


def _place(failure: Failure) -> str:
    return "{data}, {protocol}, seed {seed}, round {round}".format(**failure)
