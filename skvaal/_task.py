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

from skvaal._uncertainty import (
    check_proba,
    disagreement,
    entropy,
    least_confident,
    margin,
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
