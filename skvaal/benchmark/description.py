"""What is compared, in words and in settings that can be compared themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.strategies import StrategyFactory


def settings_of(
    datasets: Sequence[Dataset],
    strategies: Mapping[str, StrategyFactory],
    estimator: str,
    plan: Plan,
    protocols: Sequence[Protocol],
) -> dict[str, Any]:
    """Return what decides the records of a comparison.

    Parameters
    ----------
    datasets, strategies, plan, protocols
        As for :func:`skvaal.benchmark.run`.
    estimator : str
        Name of the task model.

    Returns
    -------
    dict
        Comparisons with equal settings have equal records, but for what they measure of the
        machine, and for changed code behind the names of strategies and task models.

    Examples
    --------
    >>> from skvaal.benchmark import get_strategies, load_dataset
    >>> settings = settings_of(
    ...     [load_dataset("wine")], get_strategies("random"), "svm", Plan(), [Protocol()]
    ... )
    >>> settings["samples"]["wine"]["shape"]
    [178, 13]
    """
    samples = {
        dataset.name: {
            "shape": list(dataset.X.shape),
            "classes": list(dataset.classes),
            "checksum": dataset.checksum(),
        }
        for dataset in datasets
    }
    return {
        "data": list(samples),
        "samples": samples,
        "strategies": list(strategies),
        "estimator": estimator,
        "plan": asdict(plan),
        "protocols": {protocol.name: asdict(protocol) for protocol in protocols},
        "vaal": dict(getattr(strategies.get("vaal"), "keywords", {})),
    }


def heading_of(dataset: Dataset, plan: Plan, protocol: Protocol, estimator: str) -> str:
    """Say in a line what is compared on a case.

    Parameters
    ----------
    dataset, plan, protocol
        The case.
    estimator : str
        Name of the task model.

    Returns
    -------
    str
        For tables and pictures.

    Examples
    --------
    >>> from skvaal.benchmark import load_dataset
    >>> heading_of(load_dataset("wine"), Plan(rounds=2), Protocol(), "svm")
    'wine: pool of 124, 54 for testing; svm; 8 paired seeds'
    """
    start = draw_start(dataset, plan, protocol, seed=0)
    test = dataset.y_test if start.test is None else start.test
    n_test = 0 if test is None else len(test)
    seeds = "1 seed" if plan.n_seeds == 1 else f"{plan.n_seeds} paired seeds"
    parts = [
        f"{dataset.name}: pool of {len(start.pool):,}, {n_test:,} for testing",
        estimator.replace("_", " "),
        seeds,
    ]
    if protocol != Protocol():
        parts.insert(1, protocol.name.replace("_", " "))
    return "; ".join(parts)
