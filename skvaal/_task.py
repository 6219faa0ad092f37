"""What a task model says of samples, and what VAAL makes of it.

References
----------
.. [1] Kim, Park, Kim, Chun, "Task-Aware Variational Adversarial Active Learning", CVPR 2021,
       arXiv 2002.04709.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._data import Pool
from skvaal._selection import USES_UNCERTAINTY, takes_uncertainty
from skvaal._uncertainty import (
    check_proba,
    disagreement,
    entropy,
    least_confident,
    margin,
    state_indicator,
)

UNCERTAINTIES: dict[str, Callable[[NDArray], NDArray]] = {
    "margin": margin,
    "entropy": entropy,
    "least_confident": least_confident,
    "disagreement": disagreement,
}


@dataclass(frozen=True, eq=False)
class TaskView:
    """A task model's word on samples; None is what it does not say.

    Attributes
    ----------
    proba : array of shape (n_samples, n_classes) or None
        Class probabilities, the mean over the members where there are any.
    members : array of shape (n_members, n_samples, n_classes) or None
        Those of a committee's members.
    loss : array of shape (n_samples,) or None
        Predicted loss, of a loss-prediction head; its unit does not matter.

    Examples
    --------
    >>> from skvaal._task import TaskView
    >>> TaskView.of([[[1.0, 0.0]], [[0.5, 0.5]]], n_samples=1).proba
    array([[0.75, 0.25]])
    """

    proba: NDArray[np.float64] | None = None
    members: NDArray[np.float64] | None = None
    loss: NDArray[np.floating] | None = None

    @classmethod
    def of(cls, proba: Any, n_samples: int, name: str = "proba") -> TaskView:
        """View of probabilities that a user passed, 2-D or with the members first; or of None.

        A view stays as it is: that is how VAALQuery hands over what a learner says.
        """
        if proba is None:
            return cls()
        if isinstance(proba, TaskView):
            return proba
        checked = check_proba(proba, n_samples, name)
        if checked.ndim == 3:
            return cls(checked.mean(axis=0), checked)
        return cls(checked)

    def rows(self, positions: NDArray[np.intp]) -> TaskView:
        """The same of some of the samples."""
        return TaskView(
            None if self.proba is None else self.proba[positions],
            None if self.members is None else self.members[:, positions],
            None if self.loss is None else self.loss[positions],
        )

    def followed_by(self, other: TaskView) -> TaskView:
        """View of these samples and then others; what one of the two lacks, the whole lacks."""
        return TaskView(
            _joined(self.proba, other.proba, axis=0),
            _joined(self.members, other.members, axis=1),
            _joined(self.loss, other.loss, axis=0),
        )


def _joined(first: NDArray | None, second: NDArray | None, axis: int) -> NDArray | None:
    if first is None or second is None:
        return None
    return np.concatenate([first, second], axis=axis)


def uncertainty_of(uncertainty: Any, view: TaskView) -> NDArray[np.float64] | None:
    """Uncertainty of samples, higher is less sure.

    Parameters
    ----------
    uncertainty : str, callable or None
        As in :class:`~skvaal.VAALQueryStrategy`.
    view : TaskView
        With probabilities, unless `uncertainty` is 'auto' or None.

    Returns
    -------
    array of shape (n_samples,) or None
        None where nothing is wanted or, with 'auto', known.

    Raises
    ------
    ValueError
        If members are wanted and there are none, or a callable answers anything but one finite
        number a sample.
    """
    if uncertainty is None or (is_auto(uncertainty) and view.proba is None):
        return None
    assert view.proba is not None
    if not isinstance(uncertainty, str):
        return _of_callable(uncertainty, view.proba)
    if uncertainty == "disagreement":
        if view.members is None:
            raise ValueError(
                "uncertainty='disagreement' compares the members of a committee: proba must have "
                "the shape (n_members, n_samples, n_classes), got (n_samples, n_classes) = "
                f"{view.proba.shape}; stack the members' predict_proba, or take another "
                "uncertainty, such as 'margin'"
            )
        return disagreement(view.members)
    return UNCERTAINTIES["margin" if is_auto(uncertainty) else uncertainty](view.proba)


def is_auto(uncertainty: Any) -> bool:
    """Whether uncertainty is used where it is at hand, and left out where not."""
    return isinstance(uncertainty, str) and uncertainty == "auto"


def is_explicit(uncertainty: Any) -> bool:
    """Whether the user named an uncertainty, so that doing without is an error."""
    return uncertainty is not None and not is_auto(uncertainty)


def _of_callable(function: Callable, proba: NDArray[np.float64]) -> NDArray[np.float64]:
    name = getattr(function, "__name__", function)
    # A copy: it may work in place, and the probabilities are needed again.
    answer = np.asarray(function(proba.copy()), dtype=np.float64)
    if answer.shape != (len(proba),) or not np.isfinite(answer).all():
        raise ValueError(
            f"uncertainty={name} must return one finite number a sample, shape ({len(proba)},), "
            f"got shape {answer.shape}"
            + ("" if answer.shape != (len(proba),) else " with NaN or infinity in it")
        )
    return answer


@dataclass(frozen=True, eq=False)
class Condition:
    """What the discriminator, and a decoder that can, read beside mu; fixed when it is fitted.

    Attributes
    ----------
    kind : {'pseudo_label', 'task_loss'}
    n_classes : int
        Of the probabilities that were fitted; 0 if there were none.
    uncertainty : str or callable
        What 'task_loss' ranks where there is no predicted loss.
    values : array of shape (n_fitted,) or None
        What 'task_loss' ranks, of all fitted samples, ascending.
    of_loss : bool
        Whether these are predicted losses of a head.
    """

    kind: str
    n_classes: int
    uncertainty: Any = "margin"
    values: NDArray[np.float64] | None = None
    of_loss: bool = False

    @classmethod
    def fitted_on(cls, kind: str, uncertainty: Any, view: TaskView) -> Condition:
        """Condition for these samples, both pools together, and for others to come."""
        n_classes = 0 if view.proba is None else view.proba.shape[1]
        if kind == "pseudo_label":
            return cls(kind, n_classes)
        # 'auto' and None name none: then it is the margin.
        uncertainty = uncertainty if is_explicit(uncertainty) else "margin"
        new = cls(kind, n_classes, uncertainty, of_loss=view.loss is not None)
        return cls(kind, n_classes, uncertainty, np.sort(new._to_rank(view)), new.of_loss)

    @property
    def dim(self) -> int:
        """Columns of :meth:`columns`."""
        return self.n_classes if self.kind == "pseudo_label" else 1

    def columns(self, view: TaskView, name: str = "proba") -> NDArray[np.float32]:
        """What is read beside mu, (n_samples, dim); a row depends on its own sample alone.

        'pseudo_label': one-hot argmax of the probabilities. 'task_loss': the rank among all fitted
        samples, in (0, 1] [1]_.
        """
        if view.proba is not None and view.proba.shape[1] != self.n_classes and self.n_classes:
            raise ValueError(
                f"{name} has {view.proba.shape[1]} classes, but {self.n_classes} were fitted; give "
                "a column to every class, or fit again"
            )
        if self.kind == "pseudo_label":
            assert view.proba is not None
            return np.eye(self.n_classes, dtype=np.float32)[view.proba.argmax(axis=1)]
        assert self.values is not None
        below = np.searchsorted(self.values, self._to_rank(view), side="right")
        return (np.maximum(below, 1) / len(self.values)).astype(np.float32)[:, None]

    def _to_rank(self, view: TaskView) -> NDArray[np.float64]:
        if self.of_loss:
            if view.loss is None:
                raise ValueError(
                    "condition='task_loss' was fitted on the losses that a head on the learner's "
                    "features predicts, which probabilities cannot stand for; query through "
                    "VAALQuery in that learner, or fit with proba=..."
                )
            return np.asarray(view.loss, dtype=np.float64)
        values = uncertainty_of(self.uncertainty, view)
        assert values is not None
        return values


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
    if "uncertainty" in strategy._nested_params("selection"):
        raise ValueError("selection__uncertainty is no option; set uncertainty=... instead")
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


# What a strategy's methods do with views --------------------------------------------------------


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
