"""What is compared, in words and in settings that can be compared themselves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.strategies import StrategyFactory, vaal_params_of


class OtherSettingsError(ValueError):
    """A folder holds a comparison with other settings.

    Examples
    --------
    >>> issubclass(OtherSettingsError, ValueError)
    True
    """


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
    variants = {
        name: params
        for name, factory in strategies.items()
        if name != "vaal" and (params := vaal_params_of(factory)) is not None
    }
    return {
        "data": list(samples),
        "samples": samples,
        "strategies": list(strategies),
        "estimator": estimator,
        "plan": asdict(plan),
        "protocols": {protocol.name: asdict(protocol) for protocol in protocols},
        "vaal": dict(getattr(strategies.get("vaal"), "keywords", {})),
        # Absent where there are none, as in the folders from before there were any.
        **({"vaal_variants": variants} if variants else {}),
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


def check_same_settings(
    old: Mapping[str, Any], new: Mapping[str, Any], *, folder: str | Path
) -> None:
    """Raise if two comparisons differ in a setting, but for more seeds in the new one.

    Parameters
    ----------
    old, new : mapping
        Settings, as JSON gives them back.
    folder : path
        Where the old one is.

    Raises
    ------
    OtherSettingsError
        Naming what differs, and how.

    Examples
    --------
    >>> check_same_settings({"plan": {"batch": 40}}, {"plan": {"batch": 20}}, folder="results")
    Traceback (most recent call last):
    ...
    skvaal.benchmark.description.OtherSettingsError: results holds a comparison with other settings:
    plan.batch is 40 there and 20 here; name another folder, or delete that one.
    """
    before, now = dict(_flat(old)), dict(_flat(new))
    differing = [key for key in before | now if before.get(key) != now.get(key)]
    if before.get(_SEEDS, 0) < now.get(_SEEDS, 0):
        differing.remove(_SEEDS)  # what is there stays as it is, whatever follows
    if differing:
        shown = "; ".join(
            f"{k} is {_shown(before, k)} there and {_shown(now, k)} here" for k in differing[:5]
        )
        more = f"; and {len(differing) - 5} more" if len(differing) > 5 else ""
        raise OtherSettingsError(
            f"{folder} holds a comparison with other settings: {shown}{more}; name another folder, "
            "or delete that one."
        )


_SEEDS = "plan.n_seeds"


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _shown(settings: Mapping[str, Any], key: str) -> str:
    return json.dumps(settings[key]) if key in settings else "not set"
