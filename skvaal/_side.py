"""What a strategy's methods need of a task model, and what they hand on of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._data import Pool
from skvaal._selection import USES_UNCERTAINTY, takes_uncertainty
from skvaal._task import Condition, TaskView, is_explicit, uncertainty_of
from skvaal._uncertainty import state_indicator


def fit_wants(strategy: Any) -> str | None:
    """The parameter, as it is set, that needs probabilities in `fit`; None if none does.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    """
    if strategy.condition is not None:
        return f"condition={strategy.condition!r}"
    return "relabel_states=True" if strategy.relabel_states else None


def require(view: TaskView, what: str, name: str = "proba") -> None:
    """Raise if a view has no probabilities.

    Parameters
    ----------
    view : TaskView
    what : str
        The parameter that needs them, as it is set.
    name : str
        Of the argument, for messages.
    """
    if view.proba is None:
        raise ValueError(
            f"{what} needs class probabilities, and VAALQueryStrategy has no learner: pass "
            f"{name}=..., or use VAALQuery in an ActiveLearner"
        )


def shown(uncertainty: Any) -> str:
    """The parameter as it is set, for messages."""
    return f"uncertainty={getattr(uncertainty, '__name__', None) or repr(uncertainty)}"


def check_task_params(strategy: Any) -> None:
    """Raise if parameters contradict each other.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    """
    for name, off in (("condition", None), ("relabel_states", False)):
        value = getattr(strategy, name)
        if value != off and strategy.ablation == "no_discriminator":
            raise ValueError(
                f"{name}={value!r} is for the discriminator, which ablation='no_discriminator' "
                f"leaves out; set {name}={off} or another ablation"
            )
    options = strategy._nested_params("selection")
    for name in ("uncertainty", "verbose"):
        # A function of the user's may call an option of its own so.
        if name in options and (name == "uncertainty" or isinstance(strategy.selection, str)):
            raise ValueError(f"selection__{name} is no option; set {name}=... instead")
    # With 'task_loss' it says what is ranked, whatever the selection.
    if takes_uncertainty(strategy.selection) or strategy.condition == "task_loss":
        return
    if is_explicit(strategy.uncertainty):
        selection = getattr(strategy.selection, "__name__", strategy.selection)
        able = " or ".join(f"selection={name!r}" for name in sorted(USES_UNCERTAINTY))
        raise ValueError(
            f"{shown(strategy.uncertainty)} is given, but selection={selection!r} makes no use of "
            f"it; {able} does, and so does a function with a keyword parameter 'uncertainty'. Or "
            "set uncertainty=None"
        )


def fit_side(
    strategy: Any,
    pools: tuple[Pool, Pool],
    views: tuple[TaskView, TaskView],
    names: tuple[str, str] = ("proba", "proba"),
) -> Condition | None:
    """Give both pools what a training reads beside their samples.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    pools : tuple of Pool
        Labelled and unlabelled; they get `condition` and `indicator` where parameters ask for it.
    views : tuple of TaskView
    names : tuple of str
        Of the arguments that the views came in, for messages.

    Returns
    -------
    Condition or None
    """
    what = fit_wants(strategy)
    if what is None:
        return None
    # States are relabelled in the unlabelled pool only.
    for view, name in list(zip(views, names, strict=True))[strategy.condition is None :]:
        require(view, what, name)
    n_classes = [view.proba.shape[1] for view in views if view.proba is not None]
    if len(set(n_classes)) > 1:
        raise ValueError(
            f"{names[0]} has {n_classes[0]} classes, {names[1]} has {n_classes[1]}; give both a "
            "column for every class, in the same order"
        )
    if strategy.relabel_states:
        for pool, view in zip(pools, views, strict=True):
            pool.indicator = indicator_of(view)
    if strategy.condition is None:
        return None
    view = views[0].followed_by(views[1])
    condition = Condition.fitted_on(strategy.condition, strategy.uncertainty, view)
    columns = condition.columns(view)
    pools[0].condition, pools[1].condition = np.split(columns, [len(pools[0])])
    return condition


def indicator_of(view: TaskView) -> NDArray[np.float32] | None:
    """State indicator of samples, float32 as batches are, (n_samples,)."""
    return None if view.proba is None else state_indicator(view.proba).astype(np.float32)


def set_condition(strategy: Any, pool: Pool, view: TaskView, name: str = "proba") -> None:
    """Give a pool the condition that the fitted discriminator reads, if it reads one.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    pool : Pool
    view : TaskView
    name : str
        Of the argument that the view came in, for messages.
    """
    condition: Condition | None = getattr(strategy, "condition_", None)
    if condition is not None:
        require(view, f"condition={condition.kind!r}", name)
        pool.condition = condition.columns(view, name)


def query_uncertainty(strategy: Any, view: TaskView) -> NDArray[np.float64] | None:
    """What the selection is to be told of the task model's uncertainty, if it can use it.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    view : TaskView

    Returns
    -------
    array of shape (n_samples,) or None
    """
    if not takes_uncertainty(strategy.selection):
        return None
    if is_explicit(strategy.uncertainty):
        require(view, shown(strategy.uncertainty))
    return uncertainty_of(strategy.uncertainty, view)
