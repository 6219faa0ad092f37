"""What is compared, in words and in settings that can be compared themselves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from skvaal.benchmark._values import describe, plain, text_of
from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.strategies import (
    STRATEGIES,
    StrategyFactory,
    given_of,
    vaal_params_of,
)


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
    *,
    own_estimator: Any = None,
    case: str | None = None,
) -> dict[str, Any]:
    """Return what decides the records of a comparison.

    Parameters
    ----------
    datasets, plan, protocols
        As for :func:`skvaal.benchmark.run`.
    strategies : mapping of str to callable
        As :func:`skvaal.benchmark.strategies.as_factories` returns it.
    estimator : str
        Name of the task model.
    own_estimator : classifier, callable or None, default=None
        The task model or its factory, where it was not given by name.
    case : str or None, default=None
        The name of the case.

    Returns
    -------
    dict
        Fit for JSON, and the same in each process of one Python version. Comparisons with equal
        settings have equal records, but for what they measure of the machine, and for changed code
        of classes and behind names.

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
    vaal = {
        name: plain(params)
        for name, factory in strategies.items()
        if (params := vaal_params_of(factory)) is not None
    }
    given = {
        name: described
        for name, factory in strategies.items()
        if (described := _own_strategy(name, factory)) is not None
    }
    of_vaal = vaal.pop(_PLAIN, {})
    return {
        "data": list(samples),
        "samples": samples,
        "strategies": list(strategies),
        "estimator": estimator,
        "plan": asdict(plan),
        "protocols": {protocol.name: asdict(protocol) for protocol in protocols},
        _PLAIN: of_vaal,
        # Absent where there are none, as in the folders from before there were any.
        **({_VARIANTS: vaal} if vaal else {}),
        **({_GIVEN: given} if given else {}),
        **({} if own_estimator is None else {_OWN_ESTIMATOR: describe(own_estimator)}),
        **({} if case is None else {"case": case}),
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


def join_settings(
    old: Mapping[str, Any], new: Mapping[str, Any], *, folder: str | Path
) -> dict[str, Any]:
    """Return the settings of a comparison that goes on: with more seeds, with other strategies.

    Parameters
    ----------
    old, new : mapping
        Settings, as JSON gives them back.
    folder : path
        Where the old one is.

    Returns
    -------
    dict
        The new settings, with the strategies of both, the old ones first.

    Raises
    ------
    OtherSettingsError
        If another setting differs, or the parameters of a strategy that is in both; or if there
        are more seeds, and strategies of the old one are missing in the new one. Names what
        differs, and how.

    Examples
    --------
    >>> join_settings({"strategies": ["vaal"]}, {"strategies": ["random"]}, folder="results")
    {'strategies': ['vaal', 'random']}
    >>> join_settings({"plan": {"batch": 40}}, {"plan": {"batch": 20}}, folder="results")
    Traceback (most recent call last):
    ...
    skvaal.benchmark.description.OtherSettingsError: results holds a comparison with other settings:
    plan.batch is 40 there and 20 here; name another folder, or delete that one.
    """
    there, here = (one.get("strategies", []) for one in (old, new))
    both = set(there) & set(here)
    before, now = dict(_flat(_settings_for(old, both))), dict(_flat(_settings_for(new, both)))
    differing = [key for key in before | now if before.get(key) != now.get(key)]
    if before.get(_SEEDS, 0) < now.get(_SEEDS, 0):
        differing.remove(_SEEDS)  # what is there stays as it is, whatever follows
        _check_all_play(there, here, folder)
    if differing:
        shown = "; ".join(
            f"{k} is {_shown(before, k)} there and {_shown(now, k)} here" for k in differing[:5]
        )
        more = f"; and {len(differing) - 5} more" if len(differing) > 5 else ""
        raise OtherSettingsError(
            f"{folder} holds a comparison with other settings: {shown}{more}; name another folder, "
            "or delete that one."
        )
    joined = dict(new)
    if there or here:
        joined["strategies"] = list(dict.fromkeys([*there, *here]))
    if _PLAIN in old and _PLAIN not in here:
        joined[_PLAIN] = old[_PLAIN]
    for key in (_VARIANTS, _GIVEN):
        if key in old or key in new:
            joined[key] = {**old.get(key, {}), **new.get(key, {})}
    return joined


_SEEDS = "plan.n_seeds"
_PLAIN = "vaal"
_VARIANTS = "vaal_variants"
_GIVEN = "own_strategies"
_OWN_ESTIMATOR = "own_estimator"


def _own_strategy(name: str, factory: StrategyFactory) -> Any:
    """Describe a strategy that is not the one of that name; VAAL's has its parameters instead."""
    if vaal_params_of(factory) is not None:
        return None
    given = given_of(factory)
    if given is not None:
        return describe(given)
    known = next((key for key, one in STRATEGIES.items() if one is factory), None)
    if known is not None:
        return None if known == name else known
    return text_of(factory)


def _settings_for(settings: Mapping[str, Any], strategies: set[str]) -> dict[str, Any]:
    """What must be the same of two comparisons that have these strategies in common."""
    shared = {key: value for key, value in settings.items() if key != "strategies"}
    if _PLAIN not in strategies:
        shared.pop(_PLAIN, None)
    for key in (_VARIANTS, _GIVEN):
        of_all = shared.pop(key, {})
        of_shared = {name: value for name, value in of_all.items() if name in strategies}
        shared |= {key: of_shared} if of_shared else {}
    return shared


def _check_all_play(there: Sequence[str], here: Sequence[str], folder: str | Path) -> None:
    """More seeds for some strategies only would leave the others behind."""
    missing = [name for name in there if name not in here]
    if missing:
        raise OtherSettingsError(
            f"{folder} holds a comparison with fewer seeds, and with {', '.join(missing)}; name "
            "these strategies, too, so that all have the same seeds."
        )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _shown(settings: Mapping[str, Any], key: str) -> str:
    return json.dumps(settings[key]) if key in settings else "not set"
